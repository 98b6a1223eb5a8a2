/** Maps the words that agents use for errors to categories. Closed lists: other words say only that there was an error. */
import type { errorCategories } from "../../shared/vocabulary/errors.ts";

export type ErrorCategory = (typeof errorCategories)[number];

/** Errors of a model's API, as agents name them: Claude Code's StopFailure and its telemetry, and others. */
export const apiErrors: Readonly<Record<string, ErrorCategory>> = {
  rate_limit: "rate_limit",
  overloaded: "unavailable",
  authentication_failed: "authentication",
  oauth_org_not_allowed: "authentication",
  billing_error: "api_error",
  invalid_request: "invalid_input",
  model_not_found: "not_found",
  server_error: "api_error",
  max_output_tokens: "api_error",
  timeout: "timeout",
  unknown: "unknown",
};

/** Parts of the names of tools' errors (`ShellError`, `file_not_found`, `ENOENT`), most specific first. */
const toolErrors: readonly (readonly [RegExp, ErrorCategory])[] = [
  [/time_?d?_?out/i, "timeout"],
  [/abort|cancel|interrupt/i, "cancelled"],
  [/reject|denied_by|declined/i, "rejected"],
  [/permission|EACCES|EPERM|forbidden|not_?allowed/i, "permission_denied"],
  [/command_?not_?found/i, "command_not_found"],
  [/not_?found|ENOENT|no_?such/i, "not_found"],
  [/ENOSPC/i, "disk_space"],
  [/network|fetch|ECONN|ENOTFOUND|socket|http/i, "network_error"],
  [/parse|syntax|json/i, "parse_error"],
  [/invalid|validation|param|schema|no_?occurrence|no_?change/i, "invalid_input"],
  [/shell|exit|execut|command/i, "command_failed"],
];

/** Returns the category of an error's name; `unknown` for every other name. */
export function categoryOfName(name: string): ErrorCategory {
  const known = Object.hasOwn(apiErrors, name) ? apiErrors[name] : undefined;
  return known ?? toolErrors.find(([pattern]) => pattern.test(name))?.[1] ?? "unknown";
}

/** Returns the category of an HTTP status; `undefined` for a success. */
export function categoryOfStatus(status: number): ErrorCategory | undefined {
  if (!Number.isInteger(status) || status < 400) return undefined;
  if (status === 429) return "rate_limit";
  if (status === 401 || status === 403) return "authentication";
  if (status === 404) return "not_found";
  if (status === 408 || status === 504) return "timeout";
  if (status === 503 || status === 529) return "unavailable";
  return status < 500 ? "invalid_input" : "api_error";
}
