/** Wakes waiting readers when the log has changed. */
export class ChangeNotifier {
  readonly #listeners = new Set<() => void>();

  /** Resolves at the next change or when the signal aborts. */
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
