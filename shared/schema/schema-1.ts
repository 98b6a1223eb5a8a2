/** Events that upload schema 1 carries: commands, and the starts of tool calls (usage aggregation, "Upload Pipeline", step 2). */
import type { EventTypeName } from "./events.ts";

export const schema1Commands = [
  "command_started",
  "command_finished",
  "command_failed",
] as const satisfies readonly EventTypeName[];

export const schema1ToolPhase = "start";
