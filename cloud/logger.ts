/**
 * The operator's log: JSON lines on stderr with fixed names and numbers only, never received data.
 */
import { errorCode } from "../shared/text/error-code.ts";
import { CorruptLogError } from "./log/durable-log.ts";
import { InsertError } from "./warehouse/warehouse.ts";

export type LogEvent =
  | { readonly event: "serving" | "stopping" | "stopped" }
  | {
      readonly event: "insert_failed" | "erasure_failed" | "counts_failed" | "expiry_failed" | "request_failed";
      readonly error: unknown;
    }
  | { readonly event: "erased"; readonly events: number; readonly erasures: number }
  | { readonly event: "enrolments_expired"; readonly count: number }
  | { readonly event: "log_truncated"; readonly bytes: number }
  | { readonly event: "folder_made_private" };

/**
 * Messages of foreign errors may quote rows or addresses, so only their name and code are logged.
 */
function errorDetails(error: unknown): Readonly<Record<string, string>> {
  if (error instanceof CorruptLogError || error instanceof InsertError)
    return { error: error.name, says: error.message };
  if (!(error instanceof Error)) return { error: "unknown" };
  const code = errorCode(error);
  return { error: error.name, ...(code === undefined ? {} : { code: code.slice(0, 40) }) };
}

export function logLine(logged: LogEvent, nowMs: number): string {
  const level = "error" in logged ? "error" : "info";
  const { event, ...rest } = logged;
  const details = "error" in rest ? errorDetails(rest.error) : rest;
  return JSON.stringify({ at: new Date(nowMs).toISOString(), level, event, ...details });
}

export const logEvent = (logged: LogEvent): void => void process.stderr.write(`${logLine(logged, Date.now())}\n`);
