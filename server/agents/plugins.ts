/**
 * Plugins for agents that have no hooks: a file of our own in the agent's plugin folder, which passes
 * the name, ID, outcome and duration of each tool call to the installed hook, and nothing else of it.
 */

/** Starts the hook and gives it a payload. IDs become digests, in the form that the hook accepts. */
const report = (command: string) => `import { createHash } from "node:crypto";
import { spawn } from "node:child_process";

const hook = ${JSON.stringify(command)};
const digest = (id) => createHash("sha256").update(String(id)).digest("hex").slice(0, 32);

function report(payload) {
  try {
    const child = spawn("/bin/sh", ["-c", hook], { stdio: ["pipe", "ignore", "ignore"] });
    child.on("error", () => undefined);
    child.stdin.on("error", () => undefined);
    child.stdin.end(JSON.stringify(payload));
  } catch {
    // The agent's work comes first.
  }
}
`;

const header = (agent: string) =>
  `// Created by \`nexus agents connect ${agent}\`; removed by \`nexus agents disconnect ${agent}\`.
// Reports tool calls to Nexus Telemetry on this machine: name, ID, outcome and duration, never content.
`;

/** opencode: https://opencode.ai/docs/plugins. */
export const opencodePlugin = (command: string): string => `${header("opencode")}${report(command)}
const events = {
  "session.created": "SessionStart",
  "session.idle": "Stop",
  "session.error": "StopFailure",
  "permission.asked": "PermissionRequest",
};

export const NexusTelemetry = async () => {
  // A subagent has a session of its own, whose parent is named when it starts.
  const parents = new Map();
  // After an error, the session also becomes idle.
  const failed = new Set();
  return {
    event: async ({ event }) => {
      const { sessionID, info, part, error } = event.properties ?? {};
      const session = sessionID ?? info?.id ?? part?.sessionID;
      if (session === undefined) return;
      if (event.type === "session.created" && info?.parentID) parents.set(session, info.parentID);
      const parent = parents.get(session);
      const payload = { session_id: digest(parent ?? session), ...(parent ? { agent_id: digest(session) } : {}) };
      if (event.type === "session.error") failed.add(session);
      else if (event.type === "session.idle" && failed.delete(session)) return;
      const name = events[event.type];
      const isAborted = error?.name === "MessageAbortedError";
      if (name !== undefined && parent === undefined) {
        report({ ...payload, hook_event_name: isAborted ? "Stop" : name, ...(isAborted ? { status: "aborted" } : {}) });
      }
      if (event.type !== "message.part.updated" || part?.type !== "tool") return;
      const { status, time } = part.state ?? {};
      if (status !== "completed" && status !== "error") return;
      report({
        ...payload,
        hook_event_name: status === "error" ? "PostToolUseFailure" : "PostToolUse",
        tool_name: part.tool,
        tool_use_id: digest(part.callID),
        duration_ms: Math.max(0, Math.round((time?.end ?? 0) - (time?.start ?? 0))),
      });
    },
  };
};
`;

/** Amp: https://ampcode.com/manual (plugins). Its first line must be this one. */
export const ampPlugin = (
  command: string,
): string => `// @i-know-the-amp-plugin-api-is-wip-and-very-experimental-right-now
${header("amp")}${report(command)}
export default function (amp) {
  // Not before a call: the answer would decide whether it is allowed.
  amp.on("tool.result", async (event, context) => {
    const thread = event.thread?.id ?? context?.thread?.id;
    report({
      ...(thread === undefined ? {} : { session_id: digest(thread) }),
      hook_event_name: event.status === "done" ? "PostToolUse" : "PostToolUseFailure",
      is_interrupt: event.status === "cancelled",
      tool_name: event.tool,
      tool_use_id: digest(event.toolUseID),
    });
  });
}
`;

/** Pi: the extensions of @mariozechner/pi-coding-agent. */
export const piExtension = (command: string): string => `${header("pi")}${report(command)}
export default function (pi) {
  const started = new Map();
  const session = (context) => {
    const file = context?.sessionManager?.getSessionFile?.();
    return file === undefined ? {} : { session_id: digest(file) };
  };
  pi.on("tool_call", async ({ toolCallId }) => {
    started.set(toolCallId, Date.now());
  });
  pi.on("tool_result", async ({ toolCallId, toolName, isError }, context) => {
    const at = started.get(toolCallId);
    started.delete(toolCallId);
    report({
      ...session(context),
      hook_event_name: isError ? "PostToolUseFailure" : "PostToolUse",
      tool_name: toolName,
      tool_use_id: digest(toolCallId),
      ...(at === undefined ? {} : { duration_ms: Date.now() - at }),
    });
  });
  pi.on("agent_end", async (event, context) => report({ ...session(context), hook_event_name: "Stop" }));
}
`;

/** Cline: an executable named after the event, which answers with JSON. */
export const clineHook = (command: string): string => `#!/bin/sh
# Created by \`nexus agents connect cline\`; removed by \`nexus agents disconnect cline\`.
# Reports tool calls to Nexus Telemetry on this machine: name, outcome and duration, never content.
${command}
echo '{"cancel":false}'
`;
