/** Event types that other programs may record: extensions, the Node and Python SDKs, scripts. */
import type { EventTypeName } from "./events.ts";

export const programEvents = [
  "agent_event",
  "agent_activity",
  "model_request",
  "command_started",
  "command_finished",
  "command_failed",
  "command_cancelled",
  "thinktool_started",
  "thinktool_completed",
  "thinktool_step_executed",
  "profile_used",
  "workspace_created",
  "workspace_destroyed",
  "task_completed",
  "error_occurred",
  "error_recovered",
  "feature_first_use",
  "session_started",
  "session_ended",
] as const satisfies readonly EventTypeName[];
export type ProgramEvent = (typeof programEvents)[number];
