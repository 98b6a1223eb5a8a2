/**
 * Group commit: requests that arrive while a statement runs share the next one, so that thousands
 * of requests per second need few statements. Each caller gets its own result after the commit.
 */
interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit<Item, Result> {
  readonly #run: (items: readonly Item[]) => Promise<readonly (Result | Error)[]>;
  readonly #maxItems: number;
  #waiting: Waiting<Item, Result>[] = [];
  #running = false;

  /** `run` resolves with one result per item, in order; an `Error` rejects only that caller. */
  constructor(run: (items: readonly Item[]) => Promise<readonly (Result | Error)[]>, maxItems = 1_000) {
    this.#run = run;
    this.#maxItems = maxItems;
  }

  /** Adds an item to the next group. @throws the error that `run` throws for the group. */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (!this.#running) void this.#runAll();
    });
  }

  async #runAll(): Promise<void> {
    this.#running = true;
    // Items added in the same turn of the event loop form one group.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, this.#maxItems);
      try {
        const results = await this.#run(group.map(({ item }) => item));
        for (const [n, { resolve, reject }] of group.entries()) {
          const result = results[n];
          if (result instanceof Error) reject(result);
          else resolve(result as Result);
        }
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#running = false;
  }
}
