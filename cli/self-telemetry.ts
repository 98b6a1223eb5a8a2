/**
 * Records the command's own runs as two lines in an event log, if recording is on and
 * `command_usage` is permitted. Never fails a command: lines that cannot be written are dropped.
 */
import { v7 } from "uuid";
import { appendLines } from "../server/files/append-lines.ts";
import { isOptOut } from "../shared/consent/consent.ts";
import { exitCodes } from "./exit.ts";
import { permittedCategories } from "./permission.ts";
import { ownLog } from "./runtime.ts";
import { sessionAt } from "./session.ts";

/** Commands whose runs are not recorded: they delete data, stop recording, or record. */
const silent: ReadonlySet<string> = new Set([
  "telemetry delete",
  "telemetry purge",
  "telemetry disable",
  "telemetry erase-remote",
  "identity reset",
  "event emit",
  "run",
  "completion",
  "hook",
  "query-rows",
  "history-database",
  "uninstall",
  "extension-removed",
]);

/**
 * Records the start and the end of a run when the process exits. Not earlier, so that `usage
 * import` does not import its own start. `path`: the command without `nexus`.
 */
export function recordOwnRun(path: string): void {
  if (silent.has(path) || isOptOut(process.env["NEXUS_EVENT_LOG"]) || !permittedCategories().includes("command_usage"))
    return;
  const startedMs = Date.now();
  const command = {
    session_id: sessionAt(startedMs),
    source: "nexus_cli",
    command_path: path,
    invocation_kind: invocationKind(),
  };
  process.once("exit", (code) => {
    // Consent may have been withdrawn, or everything removed, while the command ran.
    if (!permittedCategories().includes("command_usage")) return;
    const ts = Date.now();
    appendLines(ownLog, [
      { id: v7({ msecs: startedMs }), ts: startedMs, event_type: "command_started", ...command },
      {
        id: v7({ msecs: ts }),
        ts,
        event_type: typeOf(code),
        duration_ms: Math.max(0, ts - startedMs),
        ...command,
      },
    ]);
  });
}

function typeOf(code: number): string {
  if (code === exitCodes.interrupted) return "command_cancelled";
  return code === exitCodes.done || code === exitCodes.brokenPipe ? "command_finished" : "command_failed";
}

function invocationKind(): string {
  if (process.versions["electron"] !== undefined) return "vsix";
  return process.env["npm_command"] === "exec" ? "npx" : "node_dist";
}
