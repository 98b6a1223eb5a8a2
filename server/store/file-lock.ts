/**
 * A lock beside a file that several processes read, change and replace. It is an SQLite database without content: its locks are
 * the system's, wait for each other, and end with the process that holds them, however that ends.
 */

import { closeSync, fstatSync, ftruncateSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { appendFlags, makeFolder } from "../files/ownership.ts";
import type { Connection } from "./driver/driver.ts";
import { openWithDriver } from "./driver/select-driver.ts";

/** How long a process waits for the others. Each holds the lock for some milliseconds. */
const waitMs = 30_000;

/** Runs `work` while no other process holds the lock of this file. @throws the file system's or SQLite's error. */
export function withFileLock<T>(path: string, work: () => T): T {
  const lock = `${path}.lock`;
  makeFolder(dirname(lock));
  // Made before SQLite opens it, because SQLite would make it readable to others.
  const descriptor = openSync(lock, appendFlags, 0o600);
  try {
    // It has no content; whatever another program has written there only keeps SQLite from locking it.
    if (fstatSync(descriptor).size > 0) ftruncateSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  const connection = openWithDriver(lock, { readOnly: false, busyTimeoutMs: waitMs });
  try {
    begin(connection, lock);
    return work();
  } finally {
    // Ends the transaction and gives the lock back.
    connection.close();
  }
}

/** @throws SQLite's error, which names the lock file as the one it is about. */
function begin(connection: Connection, lock: string): void {
  try {
    connection.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    throw error instanceof Error ? Object.assign(error, { path: lock }) : error;
  }
}
