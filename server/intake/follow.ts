/** Follows the event logs while a worker lives: reads them at its start, and whenever something is appended. No timer. */
import { existsSync, type FSWatcher, watch } from "node:fs";

export class Follow {
  readonly #folder: string;
  readonly #read: () => Promise<unknown>;
  readonly #failed: (error: unknown) => void;
  #watcher: FSWatcher | undefined;
  #reading = false;
  #again = false;
  #stopped = true;

  constructor(folder: string, read: () => Promise<unknown>, failed: (error: unknown) => void) {
    this.#folder = folder;
    this.#read = read;
    this.#failed = failed;
  }

  /** Begins, or goes on: the folder may have come into being since. */
  start(): void {
    this.#stopped = false;
    if (this.#watcher !== undefined || !existsSync(this.#folder)) return;
    try {
      this.#watcher = watch(this.#folder, () => this.#wake());
    } catch (error) {
      // Too many watches on this machine: the logs are read at the next start.
      this.#failed(error);
      return;
    }
    this.#watcher.on("error", () => this.stop());
    this.#wake();
  }

  stop(): void {
    this.#stopped = true;
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #wake(): void {
    this.#again = true;
    if (!this.#reading) void this.#readOn();
  }

  /** One reading at a time; what comes during one is read after it. */
  async #readOn(): Promise<void> {
    this.#reading = true;
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        await this.#read();
      }
    } catch (error) {
      if (!this.#stopped) this.#failed(error);
    } finally {
      this.#reading = false;
    }
  }
}
