/** Closed lists of what agents report about sessions and model requests. */

/** What an agent did besides calling tools. `permission_wait`: how long the user took to answer. */
export const activities = [
  "compaction",
  "subagent_started",
  "subagent_ended",
  "turn",
  "permission_request",
  "permission_wait",
  "code_change",
  "active_time",
] as const;

export const agentRoles = ["main", "subagent"] as const;

/** Why a session started. After `compact`, the same session goes on. */
export const startReasons = ["startup", "resume", "clear", "compact", "fork", "new", "other"] as const;

/** Why a session ended. */
export const endReasons = [
  "clear",
  "logout",
  "prompt_input_exit",
  "bypass_permissions_disabled",
  "resume",
  "exit",
  "complete",
  "completed",
  "aborted",
  "error",
  "timeout",
  "user_close",
  "user_exit",
  "window_close",
  "other",
] as const;

/** Reasoning efforts of model APIs. */
export const efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max", "other"] as const;

export const requestSpeeds = ["normal", "fast", "other"] as const;

/**
 * Sizes of a request's input from which a provider charges more: 200,000 tokens (Anthropic, Google)
 * and 272,000 (OpenAI). A shorter or unknown input has none.
 */
export const contextSizes = ["over_200k", "over_272k"] as const;
export type ContextSize = (typeof contextSizes)[number];

/** Returns the size of an input of `tokens`; `undefined` for the usual one. */
export function contextSizeOf(tokens: number): ContextSize | undefined {
  if (tokens > 272_000) return "over_272k";
  return tokens > 200_000 ? "over_200k" : undefined;
}
