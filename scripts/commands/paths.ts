/**
 * `npm run -s commands:paths < FILE`: reads lines of `{"id", "line"}` and writes `{"id", "path"}`,
 * the command path that would be stored. Passes each line through the firewall, as the worker does.
 */

import { createInterface } from "node:readline";
import { v4, v7 } from "uuid";
import { allowAll, Firewall } from "../../server/privacy/firewall.ts";
import { markRaw } from "../../shared/schema/raw.ts";

const firewall = new Firewall(null);
const session = v4();

function storedPath(line: string, seq: number): string | null {
  const nowMs = Date.now();
  const raw = markRaw({
    id: v7(),
    event_type: "agent_event",
    ts: nowMs,
    utc_offset_min: 0,
    session_id: session,
    source: "vscode_terminal",
    seq,
    stream: "tool",
    tool_name: "run_terminal_cmd",
    tool_phase: "start",
    command_line: line,
  });
  const path = firewall.admit(raw, allowAll, nowMs)?.payload["command_path"];
  return typeof path === "string" ? path : null;
}

let row = 0;
for await (const text of createInterface({ input: process.stdin })) {
  row += 1;
  if (text.trim() === "") continue;
  let input: { id?: unknown; line?: unknown };
  try {
    input = JSON.parse(text);
  } catch {
    console.error(`Row ${row} is not JSON. Each row must be {"id": …, "line": "…"}.`);
    process.exit(2);
  }
  if (typeof input.line !== "string") {
    console.error(`Row ${row} has no "line". Each row must be {"id": …, "line": "…"}.`);
    process.exit(2);
  }
  console.log(JSON.stringify({ id: input.id ?? row, path: storedPath(input.line, row) }));
}
