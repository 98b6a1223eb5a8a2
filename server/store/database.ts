/**
 * Opens the one database file: folder and file private to the user, pragmas in the order that matters, migrations; a
 * file that is no sound database is set aside under a dated name, and a new one begun.
 */

import { randomUUID } from "node:crypto";
import { closeSync, existsSync, openSync, readdirSync, renameSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Clock } from "../clock.ts";
import { appendFlags, makeFolder } from "../files/ownership.ts";
import { type Connection, immediately } from "./driver/driver.ts";
import { currentJournalMode } from "./driver/journal-mode.ts";
import { openWithDriver } from "./driver/select-driver.ts";
import { migrate } from "./migrations/migrate.ts";
import { isAlive } from "./pid.ts";
import { isCorrupt } from "./storage-errors.ts";

/** How long a statement waits for another process. The worker has nothing better to do meanwhile. */
const busyTimeoutMs = 2_000;

/** The database and the files SQLite keeps beside it. */
export function databaseFiles(file: string): readonly string[] {
  return [file, `${file}-wal`, `${file}-shm`];
}

export function databaseSize(file: string): number {
  return sizeOf(databaseFiles(file));
}

/** How many bytes these files take; one that is not there takes none. */
export function sizeOf(files: readonly string[]): number {
  return files.map((name) => statSync(name, { throwIfNoEntry: false })?.size ?? 0).reduce((sum, size) => sum + size, 0);
}

export interface Opened {
  readonly connection: Connection;
  /** Of the file as it was before it was opened: where another process replaced it meanwhile, it tells. */
  readonly inode: number;
  /** The name under which an unsound file was kept, where that happened. */
  readonly setAside: string | undefined;
}

/**
 * Opens for writing, creating what is missing. `unsound` is the inode of a file that was found unsound while in use; `waitMs` how
 * long a statement waits for another process.
 * @throws the file system's or SQLite's error.
 */
export function openDatabase(file: string, clock: Clock, unsound?: number, waitMs = busyTimeoutMs): Opened {
  const inode = createPrivately(file);
  try {
    if (inode !== unsound) return { connection: configured(file, waitMs), inode, setAside: undefined };
  } catch (error) {
    if (!isCorrupt(error)) throw error;
  }
  const setAside = quarantine(file, inode, clock);
  const created = createPrivately(file);
  return { connection: configured(file, waitMs), inode: created, setAside };
}

/** Tells one file from another of the same name. */
export function inodeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.ino;
}

/** Opens for reading alone; `undefined` where there is no database. */
export function openForReading(file: string): Connection | undefined {
  return existsSync(file) ? openWithDriver(file, { readOnly: true, busyTimeoutMs }) : undefined;
}

/** The databases that were set aside, with their side files. */
export function quarantinedFiles(file: string): readonly string[] {
  const folder = dirname(file);
  if (!existsSync(folder)) return [];
  const beginning = `${basename(file)}${quarantineMark}`;
  return readdirSync(folder)
    .filter((name) => name.startsWith(beginning))
    .map((name) => join(folder, name));
}

const quarantineMark = ".unsound-";

/** Made before SQLite opens it, because SQLite would make it readable to others. Returns its inode. */
function createPrivately(file: string): number {
  makeFolder(dirname(file));
  if (!existsSync(file)) closeSync(openSync(file, appendFlags, 0o600));
  return statSync(file).ino;
}

function configured(file: string, waitMs: number): Connection {
  const connection = openWithDriver(file, { readOnly: false, busyTimeoutMs: waitMs });
  try {
    // auto_vacuum counts only before the first table. FULL: an acknowledged event survives a power failure.
    // secure_delete: what is deleted is overwritten. The size limit keeps the side file from staying large.
    connection.exec(`
      PRAGMA auto_vacuum = INCREMENTAL;
      PRAGMA journal_mode = ${currentJournalMode(file)};
      PRAGMA synchronous = FULL;
      PRAGMA secure_delete = ON;
      PRAGMA foreign_keys = ON;
      PRAGMA journal_size_limit = 4194304;
    `);
    migrate(connection);
    enter(connection);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Renames an unsound database, unless another process has already replaced the file that was found unsound. */
function quarantine(file: string, inode: number, clock: Clock): string {
  const target = `${file}${quarantineMark}${new Date(clock.nowMs()).toISOString().replace(/[:.]/g, "-")}`;
  if (inodeOf(file) !== inode) return target;
  // The database itself last: until then no other process can begin a new one, whose side files would be taken away.
  for (const suffix of ["-wal", "-shm", ""]) {
    if (existsSync(file + suffix)) renameSync(file + suffix, target + suffix);
  }
  return target;
}

const ids = new WeakMap<Connection, string>();

/**
 * Notes that this process has the database open. Where one that had is gone without closing, the database is checked first.
 * @throws UnsoundError
 */
function enter(connection: Connection): void {
  const openers = connection.prepare("SELECT id, pid FROM openers").all();
  const gone = openers.filter(({ pid }) => !isAlive(Number(pid)));
  if (gone.length > 0) {
    const verdict = connection.prepare("PRAGMA quick_check(1)").get();
    if (verdict?.["quick_check"] !== "ok") throw new CorruptDatabaseError("the database was damaged by a crash");
  }
  const id = randomUUID();
  ids.set(connection, id);
  immediately(connection, () => {
    for (const { id: left = null } of gone) connection.prepare("DELETE FROM openers WHERE id = ?").run(left);
    connection.prepare("INSERT INTO openers VALUES (?, ?)").run(id, process.pid);
  });
}

/** Closes in good order. What cannot be noted is checked at the next opening. */
export function closeDatabase(connection: Connection): void {
  try {
    connection.prepare("DELETE FROM openers WHERE id = ?").run(ids.get(connection) ?? "");
  } catch {
    // Locked, full or gone: the entry stays, and its process will be found gone.
  }
  connection.close();
}

/** A check found the database unsound. */
class CorruptDatabaseError extends Error {
  override readonly name = "UnsoundError";
  readonly code = "SQLITE_CORRUPT";
}
