/**
 * The command's own runs, like those of any Nexus tool: two lines in an event log, where recording is on and its categories
 * have it. Never in the way: what cannot be written is left out.
 */

import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { systemClock } from "../server/clock.ts";
import { ConsentLog } from "../server/consent-log.ts";
import { Gate } from "../server/gate.ts";
import { exitCodes } from "./exit.ts";
import { noEditor, ownLog, paths } from "./product.ts";
import { sessionAt } from "./session.ts";

/** Commands that leave nothing: those that remove what is there, end the recording, or record something else. */
const silent: ReadonlySet<string> = new Set([
  "telemetry delete",
  "telemetry disable",
  "telemetry erase-remote",
  "identity reset",
  "event emit",
  "run",
  "completion",
]);

/**
 * Notes a command when the process ends: that it began, and how it ended. Not before, so that an import counts what was there.
 * `path`: the command without `nexus`.
 */
export function noteRun(path: string): void {
  if (silent.has(path) || process.env["NEXUS_EVENT_LOG"] === "0" || !mayRecord()) return;
  const begunMs = Date.now();
  const command = {
    session_id: sessionAt(begunMs),
    source: "nexus_cli",
    command_path: path,
    invocation_kind: invocationKind(),
  };
  process.once("exit", (code) => {
    const ts = Date.now();
    append(ownLog, [
      { ts: begunMs, event_type: "command_started", ...command },
      { ts, event_type: typeOf(code), duration_ms: Math.max(0, ts - begunMs), ...command },
    ]);
  });
}

function mayRecord(): boolean {
  try {
    const { permission } = new Gate(
      paths,
      new ConsentLog(paths.consentFile, systemClock),
      process.env,
      noEditor,
    ).rule();
    return permission.mode !== "off" && permission.collect.includes("command_usage");
  } catch {
    // The command itself says what is wrong.
    return false;
  }
}

function typeOf(code: number): string {
  if (code === exitCodes.interrupted) return "command_cancelled";
  return code === exitCodes.done || code === exitCodes.brokenPipe ? "command_finished" : "command_failed";
}

function invocationKind(): string {
  if (process.versions["electron"] !== undefined) return "vsix";
  return process.env["npm_command"] === "exec" ? "npx" : "node_dist";
}

/** In one write, so that lines of two processes never mix. */
function append(file: string, events: readonly object[]): void {
  try {
    mkdirSync(paths.eventLogFolder, { recursive: true, mode: 0o700 });
    const handle = openSync(file, "a", 0o600);
    try {
      writeSync(handle, events.map((event) => `${JSON.stringify(event)}\n`).join(""));
    } finally {
      closeSync(handle);
    }
  } catch {
    // A full disk keeps no command from its work.
  }
}
