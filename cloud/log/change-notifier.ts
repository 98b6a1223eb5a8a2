/** Wakes those who wait until there is something new. */
export class ChangeNotifier {
  readonly #listeners = new Set<() => void>();

  /** Resolves with the next news, or when the signal is given. */
  next(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this.#listeners.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#listeners.add(done);
      signal.addEventListener("abort", done);
    });
  }

  notify(): void {
    for (const listener of this.#listeners) listener();
  }
}
