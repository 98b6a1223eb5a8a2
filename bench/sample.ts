import { v7 } from "uuid";

/** Raw fields of a typical command. */
export const sampleUse = {
  stream: "tool",
  tool_name: "run_terminal_cmd",
  tool_phase: "end",
  command_line: "git commit -m 'a message'",
  exit_code: 0,
  duration_ms: 120,
} as const;

/** Typical command lines. */
export const sampleLines = [
  "git commit -m 'fix the parser'",
  "npm run build -- --watch",
  "ls -la src",
  "cd ..",
  "docker compose -f dev.yml up -d",
  "kubectl get pods -n prod",
  "FOO=bar make test",
  "python3 manage.py migrate",
  "cargo test --workspace",
  "rg -n TODO src | head",
] as const;

/** Returns the `n`th raw event of a session: alternating starts and ends of the lines above. */
export function typicalEvent(session_id: string, n: number): object {
  const ended = n % 2 === 1;
  return {
    id: v7(),
    event_type: "agent_event",
    ts: Date.now(),
    utc_offset_min: 60,
    session_id,
    source: "vscode_terminal",
    seq: n + 1,
    stream: "tool",
    tool_name: "run_terminal_cmd",
    tool_phase: ended ? "end" : "start",
    command_line: sampleLines[(n >> 1) % sampleLines.length],
    workspace: "file:///home/someone/project",
    ...(ended ? { exit_code: 0, duration_ms: n % 5_000 } : {}),
  };
}
