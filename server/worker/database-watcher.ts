/**
 * Watches the database while a worker runs: other windows, the command and imports also write to it. It never polls. Where the
 * system reports no changes, such as on a network file system, they are seen with the worker's own next ones.
 */
import { existsSync, type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";
import type { Connection } from "../store/driver/driver.ts";
import { readNumber } from "../store/state.ts";
import type { Store } from "../store/store.ts";

/** Changes within this time are looked at together. Milliseconds. */
const gatherMs = 250;

export class DatabaseWatcher {
  readonly #store: Pick<Store, "file" | "read">;
  readonly #changed: () => void;
  #watcher: FSWatcher | undefined;
  #file = "";
  #timer: NodeJS.Timeout | undefined;
  /** Of the data that was seen last. */
  #stamp: string | undefined;

  /** `changed`: called after another process has changed the data. */
  constructor(store: Pick<Store, "file" | "read">, changed: () => void) {
    this.#store = store;
    this.#changed = changed;
  }

  /** Starts watching. Callable again, because the file may be created or configured later. */
  start(): void {
    const { file } = this.#store;
    if (this.#watcher !== undefined && this.#file === file) return;
    this.stop();
    if (!existsSync(dirname(file))) return;
    this.#file = file;
    try {
      // Also of its side files: SQLite appends to `-wal` first.
      this.#watcher = watch(dirname(file), { persistent: false }, (_, name) => {
        if (name === null || name.startsWith(basename(file))) this.#lookSoon();
      });
    } catch {
      // The system's watch limit is reached.
      return;
    }
    this.#watcher.on("error", () => this.stop());
    this.seen();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  /** Call it after a change of this process, which knows of it. */
  seen(): void {
    if (this.#watcher !== undefined) this.#stamp = this.#read();
  }

  #lookSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const before = this.#stamp;
      this.seen();
      if (this.#stamp !== before) this.#changed();
    }, gatherMs).unref();
  }

  /** A locked or damaged database is reported by those who use it. */
  #read(): string | undefined {
    try {
      return this.#store.read(stampOf);
    } catch {
      return undefined;
    }
  }
}

/** Differs after each stored event and each erasure. */
const stampOf = (connection: Connection): string =>
  `${connection.prepare("SELECT max(id) last FROM events").get()?.["last"]} ${readNumber(connection, "rollup_generation")}`;
