import { join } from "node:path";
import { v4 } from "uuid";
import { describe, expect, it } from "vitest";
import type { Filters } from "../../../shared/protocol/query.ts";
import { admitted } from "../../../test/fixtures/clean-events.ts";
import { anything } from "../../../test/fixtures/raw-events.ts";
import { tempFolder } from "../../../test/fixtures/temp-folder.ts";
import { systemClock } from "../../clock.ts";
import { localHourOf } from "../../store/rollups/local-time.ts";
import { Store } from "../../store/store.ts";
import { productInfo } from "../../worker/product-info.ts";
import { PriceList } from "../price-list.ts";
import { answer } from "./query.ts";
import { readSessions, readTimeline } from "./sessions.ts";
import { weekhourKey } from "./weekhours.ts";

const now = new Date(2026, 6, 15, 12).getTime();
const priceList = new PriceList();
const period = { period: "week" } as const;

const at = (minutes: number, session_id: string, fields: object) =>
  admitted(
    anything({
      ts: now - minutes * 60_000,
      utc_offset_min: -new Date(now).getTimezoneOffset(),
      session_id,
      ...fields,
    }),
  );
const [window, agent] = [v4(), v4()];
const run = (minutes: number, code: number) =>
  at(minutes, window, {
    source: "vscode_terminal",
    stream: "tool",
    tool_name: "run_terminal_cmd",
    tool_phase: "end",
    command_line: "npm test",
    exit_code: code,
    duration_ms: 1_000,
  });
const call = (minutes: number, role: string) =>
  at(minutes, agent, {
    source: "claude_code",
    agent: "claude_code",
    agent_role: role,
    stream: "tool",
    tool_name: "mcp__github__x",
    tool_phase: "end",
    status: "ok",
  });
const events = [
  run(50, 1),
  run(40, 0),
  call(30, "main"),
  call(29, "subagent"),
  at(28, agent, {
    event_type: "model_request",
    source: "claude_code",
    agent: "claude_code",
    model: "claude-opus-5",
    tokens_input: 1_000_000,
    tokens_output: 0,
    status: "ok",
    duration_ms: 9,
  }),
  at(27, agent, { event_type: "agent_activity", source: "claude_code", agent: "claude_code", activity: "turn" }),
];

function withStore<T>(use: (store: Store) => T, stored = events): T {
  const store = new Store(join(tempFolder(), "telemetry.db"), productInfo, systemClock);
  try {
    store.write(stored);
    return use(store);
  } finally {
    store.close();
  }
}

const sessionsOf = (filters: Filters = {}, limit = 10) =>
  withStore((store) =>
    store.withExistingDatabase((c) => readSessions(c, { period, filters }, limit, priceList, now).sessions),
  ) ?? [];

describe("sessions", () => {
  it("have the measures of their events, newest first", () => {
    const [first, second] = sessionsOf();
    expect(first).toMatchObject({
      sources: ["claude_code"],
      subagentCalls: 1,
      measures: {
        calls: { count: 2, ok: 2 },
        turns: 1,
        requests: 1,
        tokens: { input: 1_000_000 },
        cost: { listUsd: 5 },
      },
    });
    expect(second).toMatchObject({
      id: window,
      startedMs: now - 50 * 60_000,
      endedMs: now - 40 * 60_000,
      measures: {
        runs: { count: 2, failed: 1, totalMs: 2_000, medianMs: expect.closeTo(1_000, -2) },
        waitingMs: 2_000,
      },
    });
  });

  it("add up to the answer for the whole period", () => {
    const total = withStore((store) => store.withExistingDatabase((c) => answer(c, { period }, priceList, now).total));
    const sessions = sessionsOf();
    const sum = (of: (session: (typeof sessions)[number]) => number) => sessions.reduce((all, one) => all + of(one), 0);
    expect(sum(({ measures }) => measures.runs.count)).toBe(total?.runs.count);
    expect(sum(({ measures }) => measures.calls.count)).toBe(total?.calls.count);
    expect(sum(({ measures }) => measures.tokens.input)).toBe(total?.tokens.input);
  });

  it("can be limited by agent, source and number", () => {
    expect(sessionsOf({ agent: "claude_code" }).map(({ sources }) => sources)).toEqual([["claude_code"]]);
    expect(sessionsOf({ source: "vscode_terminal" }).map(({ id }) => id)).toEqual([window]);
    expect(sessionsOf({ agent: "codex" })).toEqual([]);
    expect(sessionsOf({}, 1)).toHaveLength(1);
    const hours = [...new Set([now - 50 * 60_000, now - 40 * 60_000].map((ms) => weekhourKey(localHourOf(ms))))];
    expect(sessionsOf({ weekhour: hours.join(",") }).map(({ id }) => id)).toContain(window);
    expect(sessionsOf({ weekhour: "1 03:00,7 23:00" })).toEqual([]);
  });

  it("show hours of the period only", () => {
    const minutes = 2 * 24 * 60;
    const filters = { weekhour: weekhourKey(localHourOf(now - minutes * 60_000)) };
    const found = (of: "today" | "week") =>
      withStore(
        (store) =>
          store.withExistingDatabase((c) => readSessions(c, { period: { period: of }, filters }, 9, priceList, now)),
        [run(minutes, 0), run(5, 0)],
      )?.sessions.map(({ measures }) => measures.runs.count);
    expect(found("week")).toEqual([1]);
    expect(found("today")).toEqual([]);
  });

  it("have a timeline, found by the start of an ID that only one has", () => {
    withStore((store) => {
      const [first] = store.withExistingDatabase((c) => readSessions(c, { period }, 1, priceList, now).sessions) ?? [];
      const timeline = (id: string) => store.withExistingDatabase((c) => readTimeline(c, id));
      expect(timeline(first?.id.slice(0, 12) ?? "")?.map(({ name, outcome }) => [name, outcome])).toEqual([
        ["mcp github", "ok"],
        ["mcp github", "ok"],
        ["request claude-opus-5", "ok"],
        ["turn", null],
      ]);
      expect(timeline("")).toBeUndefined();
      expect(timeline(v4())).toBeUndefined();
    });
  });
});
