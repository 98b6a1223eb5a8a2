/**
 * Opens a database with the driver of this process: better-sqlite3, or Node's own library where that one's binary cannot be
 * loaded. The choice is made once, with the first database: two libraries on one file would undo each other's locks.
 */
import { existsSync } from "node:fs";
import { openBetterSqlite3 } from "./better-sqlite3.ts";
import type { Connection, OpenOptions } from "./driver.ts";
import { openNodeSqlite } from "./node-sqlite.ts";

let whyNot: string | undefined;

export function openWithDriver(file: string, options: OpenOptions): Connection {
  if (whyNot !== undefined) return openNodeSqlite(file, options, whyNot);
  try {
    return openBetterSqlite3(file, options);
  } catch (error) {
    if (!isLoadError(error)) throw error;
    // Node's own library would make a file where there is none.
    if (options.readOnly && !existsSync(file)) throw error;
    whyNot = "better-sqlite3's binary cannot be loaded here";
    return openNodeSqlite(file, options, whyNot);
  }
}

/** Whether the library itself is what failed, not the database. */
function isLoadError(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ERR_DLOPEN_FAILED" || code === "MODULE_NOT_FOUND") return true;
  return error instanceof Error && code === undefined && error.message.startsWith("Could not locate");
}
