/**
 * A lock for a file that several processes read, change and replace: an empty SQLite database next
 * to it. The operating system releases SQLite's locks when the process ends, even by a crash.
 */

import { closeSync, fstatSync, ftruncateSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { appendFlags, makeFolder } from "../files/ownership.ts";
import type { Connection } from "./driver/driver.ts";
import { openWithDriver } from "./driver/select-driver.ts";

/** Holders keep the lock for a few milliseconds only. */
const waitMs = 30_000;

/** Runs `work` while holding the lock of this file. @throws the file system's or SQLite's error. */
export function withFileLock<T>(path: string, work: () => T): T {
  const lock = `${path}.lock`;
  makeFolder(dirname(lock));
  // Created before SQLite opens it, because SQLite would make it readable by others.
  const descriptor = openSync(lock, appendFlags, 0o600);
  try {
    // Foreign content would prevent SQLite from locking the file.
    if (fstatSync(descriptor).size > 0) ftruncateSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  const connection = openWithDriver(lock, { readOnly: false, busyTimeoutMs: waitMs });
  try {
    begin(connection, lock);
    return work();
  } finally {
    // Ends the transaction and releases the lock.
    connection.close();
  }
}

/** @throws SQLite's error, with the path of the lock file. */
function begin(connection: Connection, lock: string): void {
  try {
    connection.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    throw error instanceof Error ? Object.assign(error, { path: lock }) : error;
  }
}
