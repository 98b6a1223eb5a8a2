/**
 * Opens databases with better-sqlite3, or with `node:sqlite` if its binary cannot be loaded. The
 * first database decides for the process, which never uses both: see `driver.ts`.
 */
import { existsSync } from "node:fs";
import { openBetterSqlite3, openForeignBetterSqlite3 } from "./better-sqlite3.ts";
import type { Connection, OpenOptions } from "./driver.ts";
import { openForeignNodeSqlite, openNodeSqlite } from "./node-sqlite.ts";

let fallbackReason: string | undefined;

export function openWithDriver(file: string, options: OpenOptions): Connection {
  if (fallbackReason !== undefined) return openNodeSqlite(file, options, fallbackReason);
  try {
    return openBetterSqlite3(file, options);
  } catch (error) {
    if (!isLoadError(error)) throw error;
    // node:sqlite would create a missing file.
    if (options.readOnly && !existsSync(file)) throw error;
    fallbackReason = "better-sqlite3 could not be loaded";
    return openNodeSqlite(file, options, fallbackReason);
  }
}

/** How long a statement waits for the lock of another program. */
const foreignTimeoutMs = 2_000;

/** Opens a database of another program, which is never changed. `bytes`: what it holds; `null` while that program has it open. */
export function openForeign(file: string, bytes: Buffer | null): Connection {
  const open = (reason: string) => openForeignNodeSqlite(file, bytes === null, foreignTimeoutMs, reason);
  if (fallbackReason !== undefined) return open(fallbackReason);
  try {
    return openForeignBetterSqlite3(bytes ?? file, foreignTimeoutMs);
  } catch (error) {
    if (!isLoadError(error)) throw error;
    fallbackReason = "better-sqlite3 could not be loaded";
    return open(fallbackReason);
  }
}

/** Returns whether loading the library failed, not opening the database. */
function isLoadError(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ERR_DLOPEN_FAILED" || code === "MODULE_NOT_FOUND") return true;
  return error instanceof Error && code === undefined && error.message.startsWith("Could not locate");
}
