/** Errors of the file system and of SQLite, in words for the user: what happened, where, and what to do. */
import type { Problem } from "../../shared/protocol/record.ts";
import { UnsafePathError } from "../files/ownership.ts";
import { ForeignDatabaseError } from "./database-owner.ts";
import { NotErasedError } from "./erase-check.ts";
import { NewerDatabaseError } from "./migrations/migrate.ts";

function codeOf(error: unknown): string {
  const code = typeof error === "object" && error !== null ? Reflect.get(error, "code") : undefined;
  return typeof code === "string" ? code : "";
}

/** The kind of an error that has no code. Its message stays out: it may quote what it saw. */
function errorName(error: unknown): string {
  return error instanceof Error ? error.name : "unknown error";
}

/** Whether the file is no sound SQLite database, so that it is to be set aside. */
export function isCorrupt(error: unknown): boolean {
  const code = codeOf(error);
  return code === "SQLITE_NOTADB" || code === "SQLITE_CORRUPT" || code.startsWith("SQLITE_CORRUPT_");
}

export function storageProblem(error: unknown, databasePath: string): Problem {
  const code = codeOf(error);
  // The file system names the file it failed on, which may be another one (the consent record, an export).
  const failedOn = typeof error === "object" && error !== null ? Reflect.get(error, "path") : undefined;
  const database = typeof failedOn === "string" ? failedOn : databasePath;
  if (error instanceof NotErasedError) {
    return { kind: "storage_failing", text: `${error.message} of ${databasePath}. Purge again.` };
  }
  if (error instanceof UnsafePathError) return { kind: "unsafe_path", text: error.message };
  if (error instanceof ForeignDatabaseError) {
    return {
      kind: "unsafe_path",
      text: `${databasePath} belongs to another installation, so it is not used. Set NEXUS_HOME to the folder of that one, or db_path or NEXUS_TELEMETRY_PATH to another file.`,
    };
  }
  if (code === "ELOOP") return { kind: "unsafe_path", text: `${database} is a link, so it is not used.` };
  if (error instanceof NewerDatabaseError) {
    return {
      kind: "database_newer",
      text: `${database} was made by a newer version of Nexus Telemetry. Update this one. Nothing was changed.`,
    };
  }
  if (code === "SQLITE_FULL" || code === "ENOSPC" || code === "EDQUOT" || code === "SQLITE_IOERR_WRITE") {
    return { kind: "disk_full", text: `No space is left for ${database}. Free some; recording resumes by itself.` };
  }
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) {
    return {
      kind: "database_locked",
      text: `Another program holds ${database}. Close it; recording resumes by itself.`,
    };
  }
  const denied = ["EACCES", "EPERM", "EROFS", "ENOTDIR", "EISDIR", "SQLITE_PERM", "SQLITE_AUTH"].includes(code);
  if (denied || code.startsWith("SQLITE_READONLY") || code.startsWith("SQLITE_CANTOPEN")) {
    return {
      kind: "read_only",
      text: `${database} cannot be written. Give your user the right to write its folder; recording resumes by itself.`,
    };
  }
  // Only what SQLite or the file system reports is about a file.
  if (code === "" || !/^(?:SQLITE_|E[A-Z0-9]+$)/.test(code)) {
    const name = code === "" ? errorName(error) : `${errorName(error)}, ${code}`;
    return { kind: "internal", text: `Nexus Telemetry failed (${name}). Retrying automatically.` };
  }
  return { kind: "storage_failing", text: `${database} cannot be used (${code}). Retrying automatically.` };
}
