/** Returns an action that imports its module when it runs, to keep other commands fast. */
export function lazyAction<A extends readonly unknown[]>(
  load: () => Promise<{ readonly run: (...args: A) => unknown }>,
): (...args: A) => Promise<void> {
  return async (...args) => {
    const { run } = await load();
    await run(...args);
  };
}
