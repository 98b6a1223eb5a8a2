/** What an operator reads when something is wrong: a line of JSON on stderr, of words and numbers of ours alone. */
import { CorruptLogError } from "./log/durable-log.ts";
import { InsertError } from "./warehouse/warehouse.ts";

export type LogEvent =
  | { readonly event: "serving" | "ending" | "ended" }
  | {
      readonly event: "put_away_failed" | "erasure_failed" | "counts_failed" | "expiry_failed" | "request_failed";
      readonly error: unknown;
    }
  | { readonly event: "erased"; readonly events: number; readonly erasures: number }
  | { readonly event: "enrolments_expired"; readonly count: number }
  | { readonly event: "log_cut"; readonly bytes: number }
  | { readonly event: "folder_closed" };

/** What others' errors say may quote rows or addresses: of them the name and the code, of ours all. */
function errorWords(error: unknown): Readonly<Record<string, string>> {
  if (error instanceof CorruptLogError || error instanceof InsertError)
    return { error: error.name, says: error.message };
  if (!(error instanceof Error)) return { error: "unknown" };
  const code: unknown = Reflect.get(error, "code");
  return { error: error.name, ...(typeof code === "string" ? { code: code.slice(0, 40) } : {}) };
}

export function logLine(happening: LogEvent, nowMs: number): string {
  const level = "error" in happening ? "error" : "info";
  const { event, ...rest } = happening;
  const details = "error" in rest ? errorWords(rest.error) : rest;
  return JSON.stringify({ at: new Date(nowMs).toISOString(), level, event, ...details });
}

export const logEvent = (happening: LogEvent): void => void process.stderr.write(`${logLine(happening, Date.now())}\n`);
