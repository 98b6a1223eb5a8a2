/** Converts errors of SQLite and the file system into messages: what, where, what to do. */

import { message, verbatim } from "../../shared/protocol/message.ts";
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
    return { kind: "storage_failing", message: verbatim(`${error.message} of ${databasePath}. Purge again.`) };
  }
  if (error instanceof UnsafePathError) return { kind: "unsafe_path", message: verbatim(error.message) };
  if (error instanceof ForeignDatabaseError) {
    return {
      kind: "unsafe_path",
      message: message(
        "{database} belongs to another installation. Set NEXUS_HOME to its folder, or db_path or NEXUS_TELEMETRY_PATH to another file.",
        { database: databasePath },
      ),
    };
  }
  if (code === "ELOOP")
    return {
      kind: "unsafe_path",
      message: message("{database} is a link, so it is not used. Replace it with the file itself.", { database }),
    };
  if (error instanceof NewerDatabaseError) {
    return {
      kind: "database_newer",
      message: message("{database} was created by a newer version. Update Nexus Telemetry.", { database }),
    };
  }
  if (code === "SQLITE_FULL" || code === "ENOSPC" || code === "EDQUOT" || code === "SQLITE_IOERR_WRITE") {
    return {
      kind: "disk_full",
      message: message("No disk space left for {database}. Recording resumes when space is available.", { database }),
    };
  }
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) {
    return {
      kind: "database_locked",
      message: message("{database} is locked by another program. Close it to resume recording.", { database }),
    };
  }
  const denied = ["EACCES", "EPERM", "EROFS", "ENOTDIR", "EISDIR", "SQLITE_PERM", "SQLITE_AUTH"].includes(code);
  if (denied || code.startsWith("SQLITE_READONLY") || code.startsWith("SQLITE_CANTOPEN")) {
    return {
      kind: "read_only",
      message: message("{database} is not writable. Check folder permissions.", { database }),
    };
  }
  // Errors with other codes are not about a file.
  if (code === "" || !/^(?:SQLITE_|E[A-Z0-9]+$)/.test(code)) {
    const name = code === "" ? errorName(error) : `${errorName(error)}, ${code}`;
    return { kind: "internal", message: message("Nexus Telemetry failed ({name}). Retrying automatically.", { name }) };
  }
  return {
    kind: "storage_failing",
    message: message("{database}: storage error ({code}). Retrying automatically.", { database, code }),
  };
}
