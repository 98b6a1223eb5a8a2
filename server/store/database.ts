/**
 * Opens the database: creates folder and file private to the user, sets pragmas (their order
 * matters) and migrates. Quarantines a corrupt file under a dated name, but never deletes it.
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

/** How long a statement waits for another process's lock. */
const busyTimeoutMs = 2_000;

/** Returns the database and SQLite's side files. */
export function databaseFiles(file: string): readonly string[] {
  return [file, `${file}-wal`, `${file}-shm`];
}

export function databaseSize(file: string): number {
  return sizeOf(databaseFiles(file));
}

/** Returns the total size in bytes; missing files count as 0. */
export function sizeOf(files: readonly string[]): number {
  return files.map((name) => statSync(name, { throwIfNoEntry: false })?.size ?? 0).reduce((sum, size) => sum + size, 0);
}

export interface Opened {
  readonly connection: Connection;
  /** Taken before opening, to detect that another process has replaced the file. */
  readonly inode: number;
  /** Path of the corrupt file, if one was quarantined. */
  readonly quarantined: string | undefined;
}

/**
 * Opens for writing and creates missing files. `corruptInode` identifies a file that was found
 * corrupt while in use; `waitMs` limits how long a statement waits for another process.
 * @throws the file system's or SQLite's error.
 */
export function openDatabase(file: string, clock: Clock, corruptInode?: number, waitMs = busyTimeoutMs): Opened {
  const inode = createPrivately(file);
  try {
    if (inode !== corruptInode) return { connection: openAndMigrate(file, waitMs), inode, quarantined: undefined };
  } catch (error) {
    if (!isCorrupt(error)) throw error;
  }
  const quarantined = quarantine(file, inode, clock);
  const newInode = createPrivately(file);
  return { connection: openAndMigrate(file, waitMs), inode: newInode, quarantined };
}

/** Returns the inode, which distinguishes a file from its replacement. */
export function inodeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.ino;
}

/** Opens read-only; returns `undefined` if there is no database. */
export function openForReading(file: string): Connection | undefined {
  return existsSync(file) ? openWithDriver(file, { readOnly: true, busyTimeoutMs }) : undefined;
}

/** Returns the quarantined databases with their side files. */
export function quarantinedFiles(file: string): readonly string[] {
  const folder = dirname(file);
  if (!existsSync(folder)) return [];
  const prefix = `${basename(file)}${quarantineMark}`;
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(folder, name));
}

const quarantineMark = ".unsound-";

/** Creates the file before SQLite, which would make it readable by others. Returns its inode. */
function createPrivately(file: string): number {
  makeFolder(dirname(file));
  if (!existsSync(file)) closeSync(openSync(file, appendFlags, 0o600));
  return statSync(file).ino;
}

function openAndMigrate(file: string, waitMs: number): Connection {
  const connection = openWithDriver(file, { readOnly: false, busyTimeoutMs: waitMs });
  try {
    // auto_vacuum only takes effect before the first table. FULL: acknowledged events survive a
    // power failure. secure_delete overwrites deleted data. The size limit shrinks the WAL file.
    connection.exec(`
      PRAGMA auto_vacuum = INCREMENTAL;
      PRAGMA journal_mode = ${currentJournalMode(file)};
      PRAGMA synchronous = FULL;
      PRAGMA secure_delete = ON;
      PRAGMA foreign_keys = ON;
      PRAGMA journal_size_limit = 4194304;
    `);
    migrate(connection);
    registerOpener(connection);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Renames a corrupt database, unless another process has already replaced it. */
function quarantine(file: string, inode: number, clock: Clock): string {
  const target = `${file}${quarantineMark}${new Date(clock.nowMs()).toISOString().replace(/[:.]/g, "-")}`;
  if (inodeOf(file) !== inode) return target;
  // The database itself last: otherwise another process could create a new one in between, and its
  // side files would be renamed here.
  for (const suffix of ["-wal", "-shm", ""]) {
    if (existsSync(file + suffix)) renameSync(file + suffix, target + suffix);
  }
  return target;
}

const ids = new WeakMap<Connection, string>();

/**
 * Records that this process has the database open. If a previous opener ended without closing it,
 * the database is checked first. @throws CorruptDatabaseError
 */
function registerOpener(connection: Connection): void {
  const openers = connection.prepare("SELECT id, pid FROM openers").all();
  const crashed = openers.filter(({ pid }) => !isAlive(Number(pid)));
  if (crashed.length > 0) {
    const result = connection.prepare("PRAGMA quick_check(1)").get();
    if (result?.["quick_check"] !== "ok") throw new CorruptDatabaseError("the database was corrupted by a crash");
  }
  const id = randomUUID();
  ids.set(connection, id);
  immediately(connection, () => {
    for (const { id: crashedId = null } of crashed)
      connection.prepare("DELETE FROM openers WHERE id = ?").run(crashedId);
    connection.prepare("INSERT INTO openers VALUES (?, ?)").run(id, process.pid);
  });
}

/** Closes the database and removes its opener entry. */
export function closeDatabase(connection: Connection): void {
  try {
    connection.prepare("DELETE FROM openers WHERE id = ?").run(ids.get(connection) ?? "");
  } catch {
    // Locked, full or deleted: the entry stays and causes a check at the next opening.
  }
  connection.close();
}

class CorruptDatabaseError extends Error {
  override readonly name = "CorruptDatabaseError";
  readonly code = "SQLITE_CORRUPT";
}
