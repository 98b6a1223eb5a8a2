/**
 * Watches the database while a worker runs: other windows, the command and imports also write to it. It never polls. Where the
 * system reports no changes, such as on a network file system, they are seen with the worker's own next ones.
 */
import { type FSWatcher, statSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import type { Connection } from "../store/driver/driver.ts";
import { readNumber } from "../store/state.ts";
import type { Store } from "../store/store.ts";

/** Changes within this time are looked at together. Milliseconds. */
const gatherMs = 250;
/** After a change the next one is reported so much later: another process may write for minutes. Milliseconds. */
const pauseMs = 1_000;

export class DatabaseWatcher {
  readonly #store: Pick<Store, "file" | "read">;
  readonly #changed: () => void;
  #watcher: FSWatcher | undefined;
  #file = "";
  /** Of the folder that is watched: it may be deleted and created again. */
  #inode: bigint | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Of the files and of the data that were seen last. */
  #files = "";
  #stamp: string | undefined;

  /** `changed`: called after another process has changed the data. */
  constructor(store: Pick<Store, "file" | "read">, changed: () => void) {
    this.#store = store;
    this.#changed = changed;
  }

  /** Starts watching. Callable again, because the file may be created or configured later. */
  start(): void {
    const { file } = this.#store;
    const inode = statOf(dirname(file))?.ino;
    if (this.#watcher !== undefined && this.#file === file && this.#inode === inode) return;
    this.stop();
    if (inode === undefined) return;
    [this.#file, this.#inode] = [file, inode];
    try {
      // Also of its side files: SQLite appends to `-wal` first.
      this.#watcher = watch(dirname(file), { persistent: false }, (_, name) => {
        if (name === null || name.startsWith(basename(file))) this.#lookSoon(gatherMs);
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
    if (this.#watcher === undefined) return;
    this.#stamp = this.#read();
    this.#files = filesOf(this.#file);
  }

  #lookSoon(waitMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#look()) this.#lookSoon(pauseMs);
    }, waitMs).unref();
  }

  /** Returns whether the data changed. */
  #look(): boolean {
    // Reading opens files too, which is reported like a change.
    if (filesOf(this.#file) === this.#files) return false;
    const before = this.#stamp;
    this.seen();
    if (this.#stamp === before) return false;
    this.#changed();
    return true;
  }

  /** A locked or damaged database is reported by those who use it. */
  #read(): string | undefined {
    // Reading a deleted file with an open connection would create it again.
    if (statOf(this.#file) === undefined) return undefined;
    try {
      return this.#store.read(stampOf);
    } catch {
      return undefined;
    }
  }
}

const statOf = (path: string) => statSync(path, { bigint: true, throwIfNoEntry: false });

/** Differs after each write. An empty write-ahead log is the same as none. */
function filesOf(file: string): string {
  const [main, wal] = [statOf(file), statOf(`${file}-wal`)];
  const text = (stat: ReturnType<typeof statOf>) =>
    stat === undefined || stat.size === 0n ? "-" : `${stat.ino} ${stat.size} ${stat.mtimeNs}`;
  return `${text(main)} ${text(wal)}`;
}

/** Differs after each stored event and each erasure. */
function stampOf(connection: Connection): string {
  const last = connection.prepare("SELECT max(id) last FROM events").get()?.["last"];
  return `${last} ${readNumber(connection, "rollup_generation")} ${readNumber(connection, "erasures")}`;
}
