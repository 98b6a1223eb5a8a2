/**
 * Watches the event logs while a worker runs: imports them at its start and after each append. It
 * never polls; a timer runs only while an imported log waits to be removed.
 */
import { existsSync, type FSWatcher, watch } from "node:fs";
import { type ImportReport, quietMs } from "./event-log.ts";

/** File timestamps are coarser than timers. Milliseconds. */
const marginMs = 50;

export class EventLogWatcher {
  readonly #folder: string;
  readonly #read: () => Promise<Pick<ImportReport, "unremoved"> | undefined>;
  readonly #failed: (error: unknown) => void;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reading = false;
  #again = false;
  #stopped = true;

  /** `read`: imports the logs and returns how many wait to be removed. */
  constructor(
    folder: string,
    read: () => Promise<Pick<ImportReport, "unremoved"> | undefined>,
    failed: (error: unknown) => void,
  ) {
    this.#folder = folder;
    this.#read = read;
    this.#failed = failed;
  }

  /** Starts watching. Callable again, because the folder may be created later. */
  start(): void {
    this.#stopped = false;
    if (this.#watcher !== undefined || !existsSync(this.#folder)) return;
    try {
      this.#watcher = watch(this.#folder, () => this.#wake());
    } catch (error) {
      // The system's watch limit is reached: the logs are read at the next start.
      this.#failed(error);
      return;
    }
    this.#watcher.on("error", () => this.stop());
    this.#wake();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #wake(): void {
    this.#again = true;
    if (!this.#reading) void this.#importChanges();
  }

  /** Imports one log at a time; a change during an import triggers another one. */
  async #importChanges(): Promise<void> {
    this.#reading = true;
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        const report = await this.#read();
        clearTimeout(this.#timer);
        if ((report?.unremoved ?? 0) > 0 && !this.#stopped)
          this.#timer = setTimeout(() => this.#wake(), quietMs + marginMs).unref();
      }
    } catch (error) {
      if (!this.#stopped) this.#failed(error);
    } finally {
      this.#reading = false;
    }
  }
}
