/**
 * Converts exit codes to class and status: POSIX shell conventions, Windows Ctrl+C, and the statuses
 * that are an answer of the command, such as 1 of `grep`.
 */
import type { ExitClass, OutcomeStatus } from "../../shared/schema/fields.ts";
import { isAnswer } from "../../shared/vocabulary/command-classes.ts";

/** STATUS_CONTROL_C_EXIT, unsigned and signed. */
const windowsInterrupt = new Set([0xc000013a, 0xc000013a - 2 ** 32]);

/** `path`: the command whose code it is, if that is known. */
export function exitClass(code: number | undefined, path?: string): ExitClass {
  if (code === undefined) return "unknown";
  if (code === 0) return "success";
  if (path !== undefined && isAnswer(path, code)) return "negative";
  if (code === 126) return "not_executable";
  if (code === 127) return "not_found";
  // 128 + SIGINT
  if (code === 130 || windowsInterrupt.has(code)) return "interrupted";
  // 128 + signal number (1 to 64)
  if (code > 128 && code <= 128 + 64) return "killed";
  return "failure";
}

export function statusOf(exit: ExitClass): OutcomeStatus {
  if (exit === "success" || exit === "negative") return "ok";
  if (exit === "interrupted") return "cancelled";
  return exit === "unknown" ? "unknown" : "failed";
}
