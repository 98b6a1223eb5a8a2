/** Loads what a command does when it runs, so that no command pays for another. Its file exports it as `run`. */
export function lazyAction<A extends readonly unknown[]>(
  load: () => Promise<{ readonly run: (...given: A) => unknown }>,
): (...given: A) => Promise<void> {
  return async (...given) => {
    const { run } = await load();
    await run(...given);
  };
}
