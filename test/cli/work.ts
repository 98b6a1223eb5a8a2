/** A month of somebody's work as lines of an event log: the same each time. */
import { createHash } from "node:crypto";

const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;

/** A number from 0 to 1 that follows from a text. */
const chance = (text: string): number => createHash("sha256").update(text).digest().readUInt32BE() / 2 ** 32;

/** A UUID of a version that follows from a text. */
function uuid(version: 4 | 7, text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${version}${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

interface Habit {
  readonly command: string;
  readonly perDay: number;
  readonly ms: number;
  readonly failing: number;
  /** In the last two weeks it takes this many times as long. */
  readonly slower?: number;
}

const habits: readonly Habit[] = [
  { command: "git status", perDay: 8, ms: 40, failing: 0 },
  { command: "git push", perDay: 3, ms: 1_800, failing: 0.03 },
  { command: "npm test", perDay: 4, ms: 14_000, failing: 0.35, slower: 2 },
  { command: "cargo build", perDay: 5, ms: 62_000, failing: 0.12 },
  { command: "terraform apply", perDay: 1, ms: 4_000, failing: 0.8 },
];

export function workOfAMonth(nowMs: number): string {
  const lines: string[] = [];
  let seq = 0;
  const add = (day: number, hour: number, source: string, event_type: string, fields: object) => {
    const ts = nowMs - day * dayMs - hour * hourMs;
    seq += 1;
    const envelope = {
      id: uuid(7, `event ${seq}`),
      ts,
      utc_offset_min: 0,
      session_id: uuid(4, `session ${day}`),
      source,
    };
    lines.push(JSON.stringify({ ...envelope, event_type, ...fields }));
  };
  const use = { stream: "tool", tool_phase: "end" };
  for (let day = 38; day >= 1; day -= 1) {
    for (const { command, perDay, ms, failing, slower = 1 } of habits) {
      for (let n = 0; n < perDay; n += 1) {
        const luck = chance(`${command} ${day} ${n}`);
        const duration_ms = Math.round(
          ms * (0.6 + 0.8 * chance(`time ${command} ${day} ${n}`)) * (day <= 14 ? slower : 1),
        );
        const fields = { ...use, tool_name: "run_terminal_cmd", command_line: command, duration_ms };
        add(day, n, "vscode_terminal", "agent_event", { ...fields, exit_code: luck < failing ? 1 : 0 });
      }
    }
    for (let n = 0; n < 6; n += 1) {
      // One conversation: a call every six minutes.
      const hour = n / 10;
      add(day, hour, "claude_code", "agent_event", {
        ...use,
        tool_phase: "start",
        tool_name: n % 2 === 0 ? "Bash" : "Edit",
      });
      const failed = chance(`agent ${day} ${n}`) < 0.4;
      if (n === 5) continue;
      const tool_name = n % 2 === 0 ? "Bash" : "Edit";
      add(day, hour, "claude_code", "agent_event", {
        ...use,
        tool_name,
        status: failed ? "failed" : "ok",
        duration_ms: 300,
      });
    }
    for (const [hour, language, minutes] of [
      [1, "typescript", 70],
      [2, "typescript", 40],
      [3, "markdown", 15],
      [4, "python", 25],
    ] as const) {
      if (day % 7 === 0) continue;
      const focus_ms = Math.round(minutes * 60_000 * (0.5 + chance(`focus ${language} ${day} ${hour}`)));
      add(day, hour, "vscode_editor", "editor_activity", { language, focus_ms, saves: 6 });
    }
    const profile = ["balanced", "quick", "deep"][day % 3];
    const tokens = { tokens_input: 1_500, tokens_output: 800, tokens_cached: 200 };
    const model = day % 5 === 0 ? "my-own-model" : "claude-sonnet-4-5";
    add(day, 1, "nexus_cli", "command_finished", {
      ...{ command: "think", profile, duration_ms: 2_500, cache_hit: day % 3 === 0, model, ...tokens },
    });
    add(day, 1, "nexus_cli", "thinktool_completed", { thinktool: "gigathink", step_count: 4, duration_ms: 650 });
    if (day % 3 === 0) add(day, 2, "nexus_cli", "workspace_created", { template: "other" });
    add(day, 2, "nexus_cli", "task_completed", { status: "ok" });
  }
  return `${lines.join("\n")}\n`;
}
