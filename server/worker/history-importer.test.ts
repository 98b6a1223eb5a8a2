import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { v4, v7 } from "uuid";
import { describe, expect, it } from "vitest";
import { exportKinds } from "../../shared/protocol/worker.ts";
import { dayMs, minuteMs } from "../../shared/schema/durations.ts";
import { markRaw } from "../../shared/schema/raw.ts";
import type { HistoryName } from "../../shared/vocabulary/history-names.ts";
import {
  canary,
  codexHistory,
  historyFolders,
  type InventedHistory,
  writeHistory,
} from "../../test/fixtures/agent-history.ts";
import { FixedClock } from "../../test/fixtures/clock.ts";
import { copilotCliHistory } from "../../test/fixtures/histories/copilot-cli.ts";
import { inventedAgents, inventors } from "../../test/fixtures/histories/histories.ts";
import { SharingWorker } from "../../test/fixtures/sharing-worker.ts";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { hookEvents } from "../ingest/hooks/hook-events.ts";
import { AgentIds } from "../ingest/hooks/ids.ts";
import { filterPayload } from "../ingest/hooks/payload-filter.ts";
import { OtlpConverter } from "../ingest/otlp/otlp-events.ts";
import type { OtlpRecord } from "../ingest/otlp/otlp-record.ts";
import { IdentityFile, NameHasher } from "../privacy/identity.ts";
import { immediately, type Row } from "../store/driver/driver.ts";
import { dayOfHour, localHourOf } from "../store/rollups/local-time.ts";
import { canonicalRollups, rollUpDays } from "../store/rollups/rollups.ts";
import { HistoryImporter } from "./history-importer.ts";
import { ExportImporter } from "./importer.ts";

const nowMs = Date.UTC(2026, 10, 20, 12);
/** Within the retention of 90 days after the invented history, which begins in June. */
const soonMs = Date.UTC(2026, 6, 1, 12);
const agents = inventedAgents;

/** A machine with consent and agents' files. */
class Machine extends SharingWorker {
  readonly importer: HistoryImporter;
  readonly files = tempFolder();

  constructor(clock = new FixedClock(nowMs)) {
    super({ clock });
    this.importer = new HistoryImporter(this.core);
    this.consent("local");
  }

  write(agent: keyof typeof historyFolders, history: Omit<InventedHistory, "used">): void {
    for (const path of history.databases?.keys() ?? [])
      rmSync(join(this.files, historyFolders[agent], path), { force: true });
    writeHistory(join(this.files, historyFolders[agent]), history as InventedHistory);
  }

  plan(wanted: readonly HistoryName[] = agents) {
    return this.importer.plan(wanted, this.files, {}, () => undefined);
  }

  async import(wanted: readonly HistoryName[] = agents, includeDeleted = false) {
    return this.importer.import(this.plan(wanted), includeDeleted, () => undefined);
  }

  /** What the database says that an agent used. */
  used(agent: string) {
    const period = { period: "custom", from: "2026-05-25", to: "2026-07-25" } as const;
    const answer = this.worker.reader.query({ period, filters: { agent } });
    const { tokens, requests, calls, lowerBound } = answer.total;
    return {
      input: tokens.input,
      cached: tokens.cacheRead,
      written: tokens.cacheWrite5m + tokens.cacheWrite1h,
      output: tokens.output,
      responses: requests,
      tools: calls.count,
      failed: calls.failed,
      lowerBound,
      // A time that contains waiting is in no duration and no sum.
      durations: calls.timed + calls.totalMs,
    };
  }

  rows(sql: string): readonly Row[] {
    return this.core.store.read((connection) => connection.prepare(sql).all()) ?? [];
  }

  rollUp(): void {
    this.core.store.withExistingDatabase((connection) =>
      immediately(connection, () => {
        while (rollUpDays(connection, dayOfHour(localHourOf(nowMs))));
      }),
    );
  }

  live(): unknown {
    return this.core.store.withExistingDatabase((connection) => [
      canonicalRollups(connection),
      connection.prepare("SELECT * FROM events ORDER BY id").all(),
      connection.prepare("SELECT * FROM sessions ORDER BY id").all(),
    ]);
  }

  /** Records what an agent does while it happens. */
  recordCalls(...events: readonly object[]): void {
    this.worker.record({ events: events.map((event) => markRaw(event)) });
  }
}

/** The files as they were at a time: their lines until the first later one. A document is whole or not there. */
function until({ files, databases = new Map() }: InventedHistory, ms: number): Omit<InventedHistory, "used"> {
  const isLater = (text: string) =>
    [...text.matchAll(/"timestamp":"([^"]+)"/g)].some(([, time]) => Date.parse(String(time)) > ms);
  const isLaterRow = (row: readonly unknown[]) =>
    [...JSON.stringify(row).matchAll(/\b(?:1[78]\d{11}|2026-[-\dT:.]+Z)\b/g)].some(
      ([time]) => (time.startsWith("2026-") ? Date.parse(time) : Number(time)) > ms,
    );
  return {
    databases: new Map(
      [...databases].map(([path, { rows, ...of }]) => [
        path,
        {
          ...of,
          rows: Object.fromEntries(
            Object.entries(rows).map(([table, list]) => [table, list.filter((row) => !isLaterRow(row))]),
          ),
        },
      ]),
    ),
    files: new Map(
      [...files].flatMap(([path, text]): [string, string][] => {
        if (path.endsWith(".json")) return isLater(text) ? [] : [[path, text]];
        const lines = text.split("\n");
        const end = lines.findIndex(isLater);
        return [[path, end === -1 ? text : lines.slice(0, end).join("\n")]];
      }),
    ),
  };
}

/** Lines of Claude Code: a use of a tool and its result some seconds later. */
function toolUse(sessionId: string, id: string, ms: number, seconds: number): string {
  const timestamp = (at: number) => new Date(at).toISOString();
  const use = { type: "tool_use", id, name: "Read", input: {} };
  const result = { type: "tool_result", tool_use_id: id, is_error: false };
  const lines = [
    { type: "assistant", sessionId, timestamp: timestamp(ms), message: { content: [use] } },
    { type: "user", sessionId, timestamp: timestamp(ms + seconds * 1_000), message: { content: [result] } },
  ];
  return `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`;
}

const someCalls = (ts: number, source: string, count = 3, session = v4()) =>
  Array.from({ length: count }, (_, n) => ({
    id: v7({ msecs: ts + n }),
    ts: ts + n * 1_000,
    utc_offset_min: 120,
    session_id: session,
    source,
    seq: n + 1,
    event_type: "agent_event",
    stream: "tool",
    tool_name: "read_file",
    tool_phase: "end",
    agent: source,
    status: "ok",
    duration_ms: 40,
  }));

describe("importing agents' history", () => {
  it.each(agents)(
    "counts what %s used once, in any number of imports, whether it is stored or only counted",
    async (agent) => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 1_000_000 }),
          fc.boolean(),
          fc.array(fc.integer({ min: 0, max: 120 }), { maxLength: 3 }),
          async (seed, isRecent, cuts) => {
            const machine = new Machine(new FixedClock(isRecent ? soonMs : nowMs));
            const invented = inventors[agent](seed);
            // The files grow between imports, and days are rolled up.
            for (const cut of cuts.sort((a, b) => a - b)) {
              machine.write(agent, until(invented, Date.UTC(2026, 5, 1, 8, cut)));
              await machine.import([agent]);
              machine.rollUp();
            }
            machine.write(agent, invented);
            await machine.import([agent]);
            const { lowerBound, durations, ...used } = machine.used(agent);
            expect(used).toEqual(invented.used);
            const [planned] = machine.plan([agent]);
            expect({ lowerBound, durations }).toEqual({ lowerBound: planned?.inexact, durations: 0 });
            expect(machine.rows("SELECT total(duration_sum) n FROM metrics")).toEqual([{ n: 0 }]);
            const [again] = await machine.import([agent]);
            expect(again).toMatchObject({ added: 0, replaced: 0, live: 0, skipped: 0, refused: 0 });
            expect(machine.rows("SELECT count(*) n FROM events")[0]?.["n"]).toBe(
              isRecent ? used.responses + used.tools : 0,
            );
            // What the agent deletes stays.
            rmSync(machine.files, { recursive: true });
            mkdirSync(machine.files);
            await machine.import([agent]);
            expect(machine.used(agent)).toEqual({ ...used, lowerBound, durations });
          },
        ),
        { numRuns: 8 },
      );
    },
  );

  it("leaves what was recorded live as it was when it is undone", async () => {
    for (const clock of [new FixedClock(soonMs), new FixedClock(nowMs)]) {
      const machine = new Machine(clock);
      machine.recordCalls(
        ...someCalls(clock.nowMs() - 2 * dayMs, "cursor"),
        ...someCalls(clock.nowMs() - dayMs, "claude_code"),
      );
      machine.rollUp();
      const before = machine.live();
      for (const agent of agents) machine.write(agent, inventors[agent](5));
      await machine.import();
      expect(machine.live()).not.toEqual(before);
      for (const agent of agents) expect(machine.importer.undo(agent).searched).toBeGreaterThan(0);
      expect(machine.live()).toEqual(before);
      expect(machine.rows("SELECT (SELECT count(*) FROM imported) + (SELECT count(*) FROM origins) n")).toEqual([
        { n: 0 },
      ]);
      // Undone is not deleted: it can be imported again.
      const [claude] = await machine.import(["claude_code"]);
      expect(claude?.added).toBeGreaterThan(0);
    }
  });

  it("asks before it brings back what the user deleted", async () => {
    const machine = new Machine(new FixedClock(soonMs));
    machine.write("codex", codexHistory(3));
    const { used } = codexHistory(3);
    const count = used.responses + used.tools;
    await machine.import(["codex"]);
    machine.worker.purge();
    expect(machine.plan(["codex"])[0]).toMatchObject({ deleted: count, importedMs: null });
    expect(await machine.import(["codex"])).toMatchObject([{ added: 0, skipped: count }]);
    expect(await machine.import(["codex"], true)).toMatchObject([{ added: count, skipped: 0 }]);
    const { lowerBound: _, durations: _none, ...found } = machine.used("codex");
    expect(found).toEqual(used);
    const period = { period: "custom", from: "2026-05-25", to: "2026-07-25" } as const;
    await machine.worker.erasePart({ source: null, workspace: null, period });
    expect(machine.used("codex").responses).toBe(0);
    expect(await machine.import(["codex"])).toMatchObject([{ added: 0, skipped: count }]);
    expect(await machine.import(["codex"], true)).toMatchObject([{ added: count }]);
  });

  it("keeps no text and shares nothing", async () => {
    const machine = new Machine(new FixedClock(soonMs));
    for (const agent of agents) machine.write(agent, inventors[agent](11));
    const planned = machine.plan();
    expect(JSON.stringify(planned)).not.toContain(canary);
    await machine.import();
    machine.core.store.withExistingDatabase((connection) => connection.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
    const file = machine.rows("PRAGMA database_list")[0]?.["file"];
    const { readFileSync } = await import("node:fs");
    expect(readFileSync(String(file)).includes(canary)).toBe(false);
    expect(machine.rows("SELECT count(*) n FROM events WHERE committed_at IS NOT NULL OR share IS NOT NULL")).toEqual([
      { n: 0 },
    ]);
  });

  it("does not count again what hooks recorded, also after it expired", async () => {
    const clock = new FixedClock(soonMs);
    const machine = new Machine(clock);
    const ms = Date.UTC(2026, 5, 20, 9);
    const line = (at: number, id: string) => [
      JSON.stringify({
        type: "assistant",
        sessionId: "5e550001-0000-4000-8000-000000000001",
        timestamp: new Date(at).toISOString(),
        requestId: `req_${id}`,
        message: {
          id: `msg_${id}`,
          model: "claude-opus-4-5",
          stop_reason: "tool_use",
          content: [{ type: "tool_use", id: `toolu_0123456789${id}`, name: "Read", input: {} }],
          usage: { input_tokens: 10, output_tokens: 5 },
        },
      }),
      "",
    ];
    machine.recordCalls(...someCalls(ms, "claude_code"));
    const folder = join(machine.files, historyFolders.claude_code, "-work");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "a.jsonl"), [line(ms - dayMs, "1"), line(ms + 5_000, "2")].flat().join("\n"));
    // Within retention, IDs decide: both are new.
    expect(await machine.import(["claude_code"])).toMatchObject([{ added: 4, live: 0 }]);
    machine.importer.undo("claude_code");
    machine.core.store.withExistingDatabase((connection) => {
      connection.exec(`DELETE FROM events; UPDATE state SET value = ${ms + dayMs} WHERE name = 'floor_ts'`);
    });
    // The calls after the first recorded one may be among those that expired.
    expect(await machine.import(["claude_code"])).toMatchObject([{ added: 3, live: 1 }]);
  });

  it("leaves out commands that VS Code recorded, and knows a deleted source", async () => {
    const machine = new Machine(new FixedClock(soonMs));
    const liveMs = soonMs - dayMs;
    const [one] = someCalls(liveMs, "vscode_terminal", 1);
    machine.recordCalls({ ...one, agent: undefined, tool_name: "run_terminal_cmd", command_line: "git status" });
    const lines = [-2, -1, 0, 1].map((hours) => `: ${(liveMs + hours * 60 * minuteMs) / 1_000}:3;git push`);
    writeFileSync(join(machine.files, ".zsh_history"), lines.join("\n"));
    expect(await machine.import(["zsh"])).toMatchObject([{ added: 2, live: 2 }]);
    await machine.worker.erasePart({ period: null, source: "shell_history", workspace: null });
    expect(await machine.import(["zsh"])).toMatchObject([{ added: 0, skipped: 2, live: 2 }]);
    expect(await machine.import(["zsh"], true)).toMatchObject([{ added: 2, live: 2 }]);
  });

  it("counts a session of Copilot CLI once when its database is gone", async () => {
    const machine = new Machine();
    const invented = copilotCliHistory(5);
    const requests = [...(invented.databases?.values() ?? [])].flatMap(
      ({ rows }) => rows["assistant_usage_events"] ?? [],
    );
    expect(requests.length).toBeGreaterThan(0);
    machine.write("copilot_cli", invented);
    await machine.import(["copilot_cli"]);
    const before = machine.used("copilot_cli");
    rmSync(join(machine.files, historyFolders.copilot_cli, "session-store.db"));
    await machine.import(["copilot_cli"]);
    expect(machine.used("copilot_cli")).toEqual(before);
  });

  it("counts a session whose input grows and whose output does not", async () => {
    const machine = new Machine();
    const path = "p/a";
    const write = (inputTokens: number) =>
      machine.write("factory_droid", {
        files: new Map([
          [
            `${path}.settings.json`,
            JSON.stringify({ model: "gpt-5.2", tokenUsage: { inputTokens, outputTokens: 50 } }),
          ],
          [`${path}.jsonl`, JSON.stringify({ type: "message", timestamp: "2026-06-01T10:00:00.000Z", message: {} })],
        ]),
      });
    write(100);
    expect(await machine.import(["factory_droid"])).toMatchObject([{ added: 1 }]);
    write(90_000);
    expect(await machine.import(["factory_droid"])).toMatchObject([{ added: 0, replaced: 1 }]);
    expect(machine.used("factory_droid")).toMatchObject({ responses: 1, input: 90_000, output: 50 });
  });

  it("keeps parallel conversations in separate sessions, and live events in their own", async () => {
    const parallel = (ms: number) =>
      ["1", "2", "3"].map((n) => [`-work/${n}.jsonl`, toolUse(`5e55000${n}`, `toolu_0123456789${n}`, ms, 2)] as const);
    const old = new Machine(new FixedClock(nowMs));
    old.write("claude_code", { files: new Map(parallel(nowMs - 200 * dayMs)) });
    await old.import(["claude_code"]);
    expect(old.rows("SELECT count(*) n FROM sessions")).toEqual([{ n: 3 }]);

    const machine = new Machine(new FixedClock(soonMs));
    const clean = new Machine(new FixedClock(soonMs));
    machine.write("claude_code", { files: new Map(parallel(soonMs - 10 * minuteMs)) });
    await machine.import(["claude_code"]);
    const identity = new IdentityFile(machine.core.paths.identityFile);
    const session = new AgentIds(new NameHasher(() => identity.localSalt())).session("claude_code", "5e550001");
    const later = someCalls(soonMs - 5 * minuteMs, "claude_code", 3, session);
    for (const one of [machine, clean]) one.recordCalls(...later);
    const live = (one: Machine) =>
      one.rows("SELECT s.os, s.started_at, s.ended_at, s.origin FROM sessions s WHERE s.origin = 0");
    expect(live(machine)).toEqual(live(clean));
    machine.importer.undo("claude_code");
    expect(machine.rows("SELECT count(*) n FROM sessions")).toEqual([{ n: 1 }]);
    expect(live(machine)).toEqual(live(clean));
    // What is imported into a session that was recorded does not change it either.
    expect(await machine.import(["claude_code"])).toMatchObject([{ added: 3 }]);
    expect(machine.rows("SELECT count(*) n FROM sessions")).toEqual([{ n: 3 }]);
    expect(live(machine)).toEqual(live(clean));
  });

  it("waits two minutes after a result, and knows a deleted day by it", async () => {
    const machine = new Machine(new FixedClock(soonMs));
    machine.write("claude_code", {
      files: new Map([["-work/a.jsonl", toolUse("5e550001", "toolu_01234567891", soonMs - 5 * minuteMs, 299)]]),
    });
    expect(await machine.import(["claude_code"])).toMatchObject([{ added: 0 }]);
    // From 23:58 to 0:03 in Berlin.
    const beforeMidnight = Date.UTC(2026, 5, 20, 21, 58);
    machine.write("claude_code", {
      files: new Map([["-work/a.jsonl", toolUse("5e550001", "toolu_01234567891", beforeMidnight, 300)]]),
    });
    expect(await machine.import(["claude_code"])).toMatchObject([{ added: 1 }]);
    const period = { period: "custom", from: "2026-06-21", to: "2026-06-21" } as const;
    await machine.worker.erasePart({ source: null, workspace: null, period });
    expect(await machine.import(["claude_code"])).toMatchObject([{ added: 0, skipped: 1 }]);
  });

  it("leaves history out of the import of an export, and stops when data is deleted meanwhile", async () => {
    const machine = new Machine(new FixedClock(soonMs));
    const other = new Machine(new FixedClock(soonMs));
    machine.recordCalls(...someCalls(soonMs - dayMs, "cursor"));
    machine.write("codex", codexHistory(3));
    await machine.import(["codex"]);
    const file = join(machine.home, "all.json");
    await machine.worker.reader.export(file, { format: "json", what: exportKinds }, true);
    for (const [one, events] of [
      [machine, 0],
      [other, 3],
    ] as const) {
      const importer = new ExportImporter(one.core);
      const plan = await importer.plan(file);
      expect(plan.historyOf).toEqual(["codex"]);
      expect(await importer.import(plan)).toMatchObject({ events });
      expect(importer.list()).toHaveLength(events === 0 ? 0 : 1);
    }
    machine.write("claude_code", {
      files: new Map(
        Array.from({ length: 2_100 }, (_, n) => [
          `-work/${n}.jsonl`,
          toolUse(`5e55${n}`, `toolu_0123456789${n}`, soonMs - 3 * dayMs, 1),
        ]),
      ),
    });
    await expect(
      machine.importer.import(machine.plan(["claude_code"]), true, () => machine.worker.purge()),
    ).rejects.toThrow("Data was deleted during the import");
    expect(machine.rows("SELECT count(*) n FROM imported")).toEqual([{ n: 0 }]);
    await expect(
      machine.importer.import(machine.plan(["claude_code"]), true, () => machine.consent("off")),
    ).rejects.toThrow("Recording is off");
    expect(machine.rows("SELECT count(*) n FROM imported")).toEqual([{ n: 2_000 }]);
  });

  it("counts 200 calls once that hooks, OpenTelemetry and the files all report", async () => {
    const machine = new Machine(new FixedClock(soonMs));
    const identity = new IdentityFile(machine.core.paths.identityFile);
    const ids = new AgentIds(new NameHasher(() => identity.localSalt()));
    const otlp = new OtlpConverter(() => true, ids, 0);
    const session = "5e550001-0000-4000-8000-000000000001";
    const lines: object[] = [];
    for (let n = 0; n < 200; n += 1) {
      const tsMs = soonMs - dayMs + n * 60_000;
      const use = `toolu_01${String(n).padStart(12, "0")}`;
      const timestamp = (ms: number) => new Date(ms).toISOString();
      lines.push(
        {
          type: "assistant",
          sessionId: session,
          timestamp: timestamp(tsMs),
          requestId: `req_${n}`,
          message: {
            id: `msg_${n}`,
            model: "claude-opus-4-5",
            stop_reason: "tool_use",
            content: [{ type: "tool_use", id: use, name: "Read", input: {} }],
            usage: { input_tokens: 10, output_tokens: 5 },
          },
        },
        {
          type: "user",
          sessionId: session,
          timestamp: timestamp(tsMs + 500),
          message: { content: [{ type: "tool_result", tool_use_id: use, is_error: false }] },
        },
      );
      const hook = filterPayload({
        hook_event_name: "PostToolUse",
        session_id: session,
        permission_mode: "default",
        tool_name: "Read",
        tool_use_id: use,
        duration_ms: 480,
      });
      const log = (name: string, attributes: Readonly<Record<string, string>>): OtlpRecord => ({
        signal: "logs",
        name: `claude_code.${name}`,
        tsMs: tsMs + 500,
        attributes: { "session.id": session, ...attributes },
      });
      const events = [
        ...hookEvents(hook, tsMs + 500, ids, { installedIn: "claude_code" }),
        ...otlp.eventsOf([
          log("tool_result", { tool_name: "Read", tool_use_id: use, success: "true", duration_ms: "480" }),
          log("api_request", {
            request_id: `req_${n}`,
            model: "claude-opus-4-5",
            input_tokens: "10",
            output_tokens: "5",
          }),
        ]),
      ];
      machine.recordCalls(...events.map((event) => ({ utc_offset_min: 120, ...event })));
    }
    machine.write("claude_code", {
      files: new Map([["-work/a.jsonl", `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`]]),
    });
    for (const live of [400, 400]) {
      expect(await machine.import(["claude_code"])).toMatchObject([{ added: 0, live }]);
      expect(machine.used("claude_code")).toMatchObject({ tools: 200, responses: 200, input: 2_000, output: 1_000 });
    }
  });
});
