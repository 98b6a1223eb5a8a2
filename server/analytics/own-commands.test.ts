/** Looking at the statistics changes no number. */
import { v4, v7 } from "uuid";
import { describe, expect, it } from "vitest";
import { markRaw } from "../../shared/schema/raw.ts";
import { isOwnCommand, ownCommandCondition, ownCommands } from "../../shared/vocabulary/own-commands.ts";
import { SharingWorker } from "../../test/fixtures/sharing-worker.ts";

const pages = ({ worker }: SharingWorker) => {
  const { reader } = worker;
  return (["today", "week", "month", "year"] as const).map((period) => {
    const { recordedFromMs: _recorded, toMs: _to, ...stats } = reader.stats({ period });
    return [
      stats,
      reader.metrics({ period }).queries,
      reader.metrics({ period }).commands,
      reader.toolCalls({ period }).tools,
      reader.weeklyActivity({ period }).week,
      reader.today(false).commands,
    ];
  });
};

function record({ worker }: SharingWorker, ...events: readonly object[]): void {
  const session_id = v4();
  const full = events.map((event, n) =>
    markRaw({ id: v7(), ts: Date.now(), utc_offset_min: 0, session_id, seq: n + 1, ...event }),
  );
  expect(worker.record({ events: full })).toMatchObject({ outcome: "stored", stored: events.length });
}

const ended = (source: string, command: string) => [
  { event_type: "command_started", source, command },
  { event_type: "command_failed", source, command, duration_ms: 9 },
];
const typed = (line: string) => ({
  event_type: "agent_event",
  source: "vscode_terminal",
  stream: "tool",
  tool_name: "run_terminal_cmd",
  tool_phase: "end",
  command_line: line,
  exit_code: 1,
  duration_ms: 90_000,
});

describe("the product's own commands", () => {
  it("count in no total, wherever they ran", () => {
    const sharer = new SharingWorker();
    sharer.consent("local");
    sharer.record(40);
    const before = pages(sharer);
    for (const path of ownCommands) record(sharer, ...ended("nexus_cli", path), ...ended("vscode", path));
    for (const path of ownCommands) record(sharer, typed(`nexus ${path} --json`), typed(`npx nexus ${path}`));
    record(sharer, typed("nexus"));
    expect(pages(sharer)).toEqual(before);
  });

  it("do not hide the user's work: other commands of Nexus tools count", () => {
    const sharer = new SharingWorker();
    sharer.consent("local");
    record(sharer, ...ended("nexus_cli", "think"), typed("nexus think"), typed("git status"));
    expect(sharer.worker.reader.stats({ period: "week" })).toMatchObject({ commands: 3, failed: 3, sessions: 1 });
  });

  it("are the same to the writer and to the queries", () => {
    const sharer = new SharingWorker();
    sharer.consent("local");
    for (const path of ["stats", "think", "telemetry status", "run"])
      record(
        sharer,
        ...ended("nexus_cli", path),
        ...ended("vscode", path),
        ...ended("python_sdk", path),
        typed(`nexus ${path}`),
      );
    record(sharer, typed("ls"), typed("nexus"), { event_type: "session_started", source: "nexus_cli" });
    const rows = sharer.core.store.read((connection) =>
      connection
        .prepare(`SELECT d.event_type, d.source, d.command_path, ${ownCommandCondition} own FROM dimensions d`)
        .all(),
    );
    expect(rows?.length).toBeGreaterThan(20);
    for (const { event_type: type, source, command_path: commandPath, own } of rows ?? [])
      expect([type, source, commandPath, own === 1]).toEqual([
        type,
        source,
        commandPath,
        isOwnCommand({ type: String(type), source: String(source), commandPath }),
      ]);
  });
});

describe("the start of recording", () => {
  it("is the first event, not the beginning of its hour, and never before the consent", () => {
    const sharer = new SharingWorker();
    const consentedMs = Date.now();
    sharer.consent("local");
    sharer.record(4);
    const { recordedFromMs } = sharer.worker.reader.stats({ period: "week" });
    expect(recordedFromMs).toBeGreaterThanOrEqual(consentedMs);
    expect(recordedFromMs).toBeLessThanOrEqual(Date.now());
  });
});
