/** Converts errors of SQLite and the file system into messages: what, where, what to do. */

import type { Problem } from "../../shared/protocol/record.ts";
import { errorCode } from "../../shared/text/error-code.ts";
import { UnsafePathError } from "../files/ownership.ts";
import { ForeignDatabaseError } from "./database-owner.ts";
import { NotErasedError } from "./erase-check.ts";
import { NewerDatabaseError } from "./migrations/migrate.ts";

const codeOf = (error: unknown): string => errorCode(error) ?? "";

/** Returns the name of an error without a code. Its message is left out: it may quote user data. */
function errorName(error: unknown): string {
  return error instanceof Error ? error.name : "unknown error";
}

/** Returns whether the file is not an intact SQLite database and must be quarantined. */
export function isCorrupt(error: unknown): boolean {
  const code = codeOf(error);
  return code === "SQLITE_NOTADB" || code === "SQLITE_CORRUPT" || code.startsWith("SQLITE_CORRUPT_");
}

export function storageProblem(error: unknown, databasePath: string): Problem {
  const code = codeOf(error);
  // A file system error names its file, which may be the consent record or an export.
  const failedOn = typeof error === "object" && error !== null ? Reflect.get(error, "path") : undefined;
  const database = typeof failedOn === "string" ? failedOn : databasePath;
  if (error instanceof NotErasedError) {
    return { kind: "storage_failing", text: `${error.message} of ${databasePath}. Purge again.` };
  }
  if (error instanceof UnsafePathError) return { kind: "unsafe_path", text: error.message };
  if (error instanceof ForeignDatabaseError) {
    return {
      kind: "unsafe_path",
      text: `${databasePath} belongs to another installation. Set NEXUS_HOME to its folder, or db_path or NEXUS_TELEMETRY_PATH to another file.`,
    };
  }
  if (code === "ELOOP") return { kind: "unsafe_path", text: `${database} is a link, so it is not used.` };
  if (error instanceof NewerDatabaseError) {
    return {
      kind: "database_newer",
      text: `${database} was created by a newer version. Update Nexus Telemetry.`,
    };
  }
  if (code === "SQLITE_FULL" || code === "ENOSPC" || code === "EDQUOT" || code === "SQLITE_IOERR_WRITE") {
    return {
      kind: "disk_full",
      text: `No disk space left for ${database}. Recording resumes when space is available.`,
    };
  }
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) {
    return {
      kind: "database_locked",
      text: `${database} is locked by another program. Close it to resume recording.`,
    };
  }
  const denied = ["EACCES", "EPERM", "EROFS", "ENOTDIR", "EISDIR", "SQLITE_PERM", "SQLITE_AUTH"].includes(code);
  if (denied || code.startsWith("SQLITE_READONLY") || code.startsWith("SQLITE_CANTOPEN")) {
    return {
      kind: "read_only",
      text: `${database} is not writable. Check folder permissions.`,
    };
  }
  // Errors with other codes are not about a file.
  if (code === "" || !/^(?:SQLITE_|E[A-Z0-9]+$)/.test(code)) {
    const name = code === "" ? errorName(error) : `${errorName(error)}, ${code}`;
    return { kind: "internal", text: `Nexus Telemetry failed (${name}). Retrying automatically.` };
  }
  return { kind: "storage_failing", text: `${database}: storage error (${code}). Retrying automatically.` };
}
