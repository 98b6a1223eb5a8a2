import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { v4, v7 } from "uuid";
import { describe, expect, it } from "vitest";
import { exportKinds } from "../../shared/protocol/worker.ts";
import { dayMs } from "../../shared/schema/durations.ts";
import { markRaw } from "../../shared/schema/raw.ts";
import { FixedClock } from "../../test/fixtures/clock.ts";
import { SharingWorker } from "../../test/fixtures/sharing-worker.ts";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { immediately } from "../store/driver/driver.ts";
import { dayOfHour, localHourOf } from "../store/rollups/local-time.ts";
import { rollUpDays } from "../store/rollups/rollups.ts";
import { ExportImporter } from "./importer.ts";

const nowMs = Date.UTC(2026, 10, 20, 12);
const lines = ["git push origin x", "npm test", "cargo build --release", "ls"];

/** A machine with consent and an importer of its own. */
class Machine extends SharingWorker {
  readonly importer: ExportImporter;

  constructor(clock = new FixedClock(nowMs)) {
    super({ clock });
    this.importer = new ExportImporter(this.core);
    this.consent("local");
  }

  /** Terminal commands and agents' tool calls over some days, with tokens and errors. */
  work(days: number, perDay = 12, untilMs = nowMs): void {
    const events: object[] = [];
    for (let day = days; day > 0; day -= 1) {
      const session = v4();
      for (let n = 0; n < perDay; n += 1) {
        const ts = untilMs - day * dayMs + n * 60_000;
        const envelope = { id: v7({ msecs: ts }), ts, utc_offset_min: 0, session_id: session };
        events.push(
          n % 4 === 3
            ? {
                ...envelope,
                event_type: "model_request",
                source: "claude_code",
                seq: n + 1,
                model: "claude-opus-4-5",
                tokens_input: 1_000 + n,
                tokens_output: 50 + n,
              }
            : {
                ...envelope,
                event_type: "agent_event",
                source: n % 4 === 2 ? "claude_code" : "vscode_terminal",
                seq: n + 1,
                stream: "tool",
                tool_name: n % 4 === 2 ? "mcp__secret__thing" : "run_terminal_cmd",
                tool_phase: "end",
                command_line: lines[(n + day) % lines.length],
                exit_code: n % 5 === 0 ? 1 : 0,
                duration_ms: 37 * (n + 1) * day,
                workspace: `file:///home/me/${day % 3}`,
              },
        );
      }
    }
    for (let at = 0; at < events.length; at += 50)
      this.worker.record({ events: events.slice(at, at + 50).map((event) => markRaw({ ...event })) });
  }

  rollUp(): void {
    this.core.store.withExistingDatabase((connection) =>
      immediately(connection, () => {
        while (rollUpDays(connection, dayOfHour(localHourOf(nowMs))));
      }),
    );
  }

  async exported(name = "out.json", format: "json" | "jsonl" = "json"): Promise<string> {
    const path = join(this.home, name);
    await this.worker.reader.export(path, { format, what: exportKinds }, true);
    return path;
  }

  async import(path: string) {
    const plan = await this.importer.plan(path);
    return { plan, result: await this.importer.import(plan) };
  }

  /** Everything that a page shows. */
  pages() {
    const { reader } = this.worker;
    const periods = [{ period: "week" }, { period: "month" }, { period: "year" }] as const;
    return periods.map((period) => [
      reader.stats(period),
      reader.metrics(period),
      reader.insights(period),
      reader.toolCalls(period),
      reader.weeklyActivity(period),
    ]);
  }
}

interface Document {
  readonly events: readonly object[];
  readonly sessions: readonly object[];
  readonly totals: readonly { readonly grain: string }[];
}

/** Rows without their origin; sessions and totals in a canonical order. */
function rowsOf(path: string): Document {
  const parsed = JSON.parse(readFileSync(path, "utf8"));
  const plain = (rows: object[]) =>
    rows
      .map((row) => ({ ...row, origin: undefined }))
      .map((row) => JSON.stringify(row))
      .sort();
  return {
    events: plain(parsed.events) as never,
    sessions: plain(parsed.sessions) as never,
    totals: plain(parsed.totals) as never,
  };
}

/** The totals of what the machine recorded itself, byte by byte. */
const ownTotals = (machine: Machine) =>
  machine.core.store.read((connection) =>
    connection
      .prepare(
        "SELECT m.*, d.key FROM rollups m JOIN dimensions d ON d.id = m.dimensions WHERE d.origin = 0 ORDER BY 1, 2, 3",
      )
      .all()
      .map((row) => JSON.stringify(row)),
  );

describe("an import on an empty profile", () => {
  it.each(["json", "jsonl"] as const)("gives equal totals, sessions, events and pages (%s)", async (format) => {
    const from = new Machine();
    from.work(70);
    from.rollUp();
    const path = await from.exported("out.json", format);
    const to = new Machine();
    const { plan, result } = await to.import(path);
    expect(plan.origins).toMatchObject([{ action: "import", events: 840 }]);
    expect(result).toMatchObject({ events: 840, repeated: 0, expired: 0 });
    to.rollUp();
    expect(to.pages()).toEqual(from.pages());
    expect(rowsOf(await to.exported())).toEqual(rowsOf(await from.exported()));
  });

  it("keeps the totals of events that have expired", async () => {
    const clock = new FixedClock(nowMs - 120 * dayMs);
    const from = new Machine(clock);
    from.work(20, 12, clock.tsMs);
    clock.tsMs = nowMs;
    from.work(5);
    from.rollUp();
    const to = new Machine();
    const { result } = await to.import(await from.exported());
    expect(result).toMatchObject({ events: 60, expired: 240 });
    to.rollUp();
    const year = { period: "year" } as const;
    expect(to.worker.reader.stats(year)).toEqual(from.worker.reader.stats(year));
  });

  it("is never shared", async () => {
    const from = new Machine();
    from.work(5);
    const to = new Machine();
    await to.import(await from.exported());
    expect(to.worker.reader.status().database?.events).toBe(60);
    const shared = to.core.store.read((connection) =>
      connection.prepare("SELECT count(*) n FROM events WHERE share IS NOT NULL").get(),
    );
    expect(shared).toEqual({ n: 0 });
  });
});

describe("an import on a machine with data", () => {
  it("adds up, is marked with its origin, and can be undone: own totals stay byte by byte", async () => {
    const from = new Machine();
    from.work(10);
    const to = new Machine();
    to.work(15);
    to.rollUp();
    const before = { own: ownTotals(to), pages: to.pages(), rows: rowsOf(await to.exported()) };
    await to.import(await from.exported());
    expect(ownTotals(to)).toEqual(before.own);
    expect(to.worker.reader.stats({ period: "month" }).commands).toBe(
      from.worker.reader.stats({ period: "month" }).commands + commandsOf(before.pages),
    );
    const [imported] = to.importer.list();
    expect(imported).toMatchObject({ events: 120, complete: true });
    const document = JSON.parse(readFileSync(await to.exported(), "utf8"));
    expect(document.origins).toMatchObject([{ installation: imported?.name }]);
    expect(document.events.filter(({ origin }: { origin?: string }) => origin === imported?.name)).toHaveLength(120);
    expect(to.importer.undo(imported?.id ?? 0)).toMatchObject({ events: 120, searched: 120 });
    expect(ownTotals(to)).toEqual(before.own);
    expect(to.pages()).toEqual(before.pages);
    expect(rowsOf(await to.exported())).toEqual(before.rows);
    expect(to.importer.list()).toEqual([]);
  });

  it("imports the same file once, and a later export of the same machine in its place", async () => {
    const clock = new FixedClock(nowMs);
    const from = new Machine(clock);
    from.work(10);
    const first = await from.exported("first.json");
    const to = new Machine();
    await to.import(first);
    const pages = to.pages();
    expect((await to.importer.plan(first)).origins).toMatchObject([{ action: "skip" }]);
    clock.tsMs += 60_000;
    from.work(12);
    const second = await from.exported("second.json");
    const { plan, result } = await to.import(second);
    expect(plan.origins).toMatchObject([{ action: "replace" }]);
    expect(result.events).toBe(264);
    expect((await to.importer.plan(first)).origins).toMatchObject([{ action: "skip" }]);
    expect(to.pages()).not.toEqual(pages);
    expect(to.worker.reader.stats({ period: "month" })).toMatchObject({
      commands: from.worker.reader.stats({ period: "month" }).commands,
    });
  });

  it("passes on what was imported before, under its own origin", async () => {
    const [first, second, third] = [new Machine(), new Machine(), new Machine()];
    first.work(5);
    second.work(6);
    await second.import(await first.exported());
    const { plan } = await third.import(await second.exported());
    expect(plan.origins.map(({ events }) => events).sort()).toEqual([60, 72]);
    expect((await third.importer.plan(await first.exported())).origins[0]?.events).toBe(60);
    expect(third.importer.list()).toHaveLength(2);
  });
});

describe("an import of this machine's own export", () => {
  it("adds nothing while the data is still here", async () => {
    const machine = new Machine();
    machine.work(10);
    const pages = machine.pages();
    const { plan, result } = await machine.import(await machine.exported());
    expect(plan.origins).toMatchObject([{ action: "skip", events: 0, sessions: 0, totals: 0 }]);
    expect(result).toMatchObject({ events: 0, sessions: 0, totals: 0 });
    expect(machine.pages()).toEqual(pages);
    expect(machine.importer.list()).toEqual([]);
  });

  it("restores erased days, also if another machine brought the same export before", async () => {
    const machine = new Machine();
    machine.work(10);
    const own = await machine.exported();
    const other = new Machine();
    other.work(2);
    await other.import(own);
    await machine.import(await other.exported());
    machine.rollUp();
    const before = machine.pages();
    const from = new Date(nowMs - 10 * dayMs).toISOString().slice(0, 10);
    const period = { period: "custom", from, to: from } as const;
    const part = { source: null, workspace: null, period };
    expect(await machine.worker.erasePart(part)).toMatchObject({ events: 12 });
    const { plan, result } = await machine.import(own);
    expect(plan.origins).toMatchObject([{ action: "restore", events: 12 }]);
    expect(result).toMatchObject({ events: 12, repeated: 0 });
    machine.rollUp();
    expect(machine.pages()).toEqual(before);
  });

  it("restores everything after a purge, and counts nothing twice after new work", async () => {
    const machine = new Machine();
    machine.work(10);
    const path = await machine.exported();
    const pages = machine.pages();
    machine.worker.purge();
    await machine.import(path);
    expect(machine.pages()).toEqual(pages);
    const later = await machine.exported("later.json");
    const again = await machine.import(later);
    expect(again.result.events).toBe(0);
    expect(machine.worker.reader.status().database?.events).toBe(120);
  });
});

describe("bad input", () => {
  const refused = async (machine: Machine, text: string, reason: RegExp) => {
    const path = join(machine.home, "bad.json");
    writeFileSync(path, text);
    await expect(machine.importer.plan(path)).rejects.toThrow(reason);
    expect(machine.worker.reader.status().database?.events ?? 0).toBe(0);
  };

  it.each([
    ["an empty file", "", /is empty/],
    ["another program's JSON", '[{"a":1}]\n', /is not an export of Nexus Telemetry/],
    ["text", "hello\nworld\n", /is not an export/],
    ["bytes", "\u0000\u0001", /is not an export/],
  ])("is refused: %s", async (_, text, reason) => refused(new Machine(), text, reason));

  it("is refused: a newer format, a reformatted, changed or cut file, and an unreadable one", async () => {
    const from = new Machine();
    from.work(2);
    const text = readFileSync(await from.exported(), "utf8");
    const to = new Machine();
    await refused(to, text.replace('"version":1', '"version":2'), /newer version \(format 2/);
    await refused(to, JSON.stringify(JSON.parse(text), null, 2), /reformatted/);
    const [first = "", ...rest] = text.split("\n");
    const row = rest.findIndex((line) => line.includes('"event_id"'));
    await refused(to, [first, ...rest.toSpliced(row, 1)].join("\n"), /rows of events instead of 24/);
    await refused(
      to,
      text.replaceAll("run_terminal_cmd", "my-secret-tool"),
      /line \d+: tool_name is missing or has an unknown value/,
    );
    await refused(to, text.replace('"duration_sketch":"', '"duration_sketch":"x'), /sketch of a total is invalid/);
    await refused(to, text.replace('"payload":{', '"payload":{"note":"hello",'), /line \d+: note is no field of/);
    await expect(to.importer.plan(join(to.home, "none.json"))).rejects.toThrow(/cannot be read \(ENOENT\)/);
  });

  it("is refused wherever the file is cut, and changes nothing", async () => {
    const from = new Machine();
    from.work(1, 3);
    for (const format of ["json", "jsonl"] as const) {
      const text = readFileSync(await from.exported("cut", format), "utf8");
      const to = new Machine();
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: text.length - 2 }), async (length) => {
          const path = join(to.home, "cut.json");
          writeFileSync(path, text.slice(0, length));
          await expect(to.importer.plan(path)).rejects.toThrow(/cut|incomplete|no export|empty|changed|damaged/);
        }),
        { numRuns: 60 },
      );
      expect(to.importer.list()).toEqual([]);
    }
  });

  it("stores no text of a changed file", async () => {
    const from = new Machine();
    from.work(1, 3);
    const text = readFileSync(await from.exported(), "utf8");
    const to = new Machine();
    const path = join(to.home, "changed.json");
    writeFileSync(
      path,
      text
        .replaceAll('"command":"git push"', '"command":"git push sk-live-1234"')
        .replaceAll('"command_path":"git push"', '"command_path":"my private tool"'),
    );
    await to.import(path);
    const stored = readFileSync(await to.exported(), "utf8");
    expect(stored).not.toMatch(/sk-live|private tool/);
  });

  it("needs consent, and creates nothing without it", async () => {
    const from = new Machine();
    from.work(1);
    const path = await from.exported();
    const off = new SharingWorker({ home: tempFolder() });
    await expect(new ExportImporter(off.core).plan(path)).rejects.toThrow(/Recording is off/);
  });
});

describe("an interrupted import", () => {
  it("leaves nothing", async () => {
    const from = new Machine();
    from.work(60);
    const to = new Machine();
    to.work(5);
    to.rollUp();
    const before = { pages: to.pages(), own: ownTotals(to) };
    const plan = await to.importer.plan(await from.exported());
    const stop = () => {
      throw new Error("stopped");
    };
    await expect(to.importer.import(plan, stop)).rejects.toThrow("stopped");
    expect(to.importer.list()).toEqual([]);
    expect(to.pages()).toEqual(before.pages);
    expect(ownTotals(to)).toEqual(before.own);
  });

  it.each([1, 2, 3])("keeps the import that it would replace, stopped at step %d", async (steps) => {
    const clock = new FixedClock(nowMs - dayMs);
    const from = new Machine(clock);
    from.work(60);
    const to = new Machine();
    await to.import(await from.exported("first.json"));
    to.rollUp();
    const before = to.pages();
    clock.tsMs = nowMs;
    from.work(1);
    const plan = await to.importer.plan(await from.exported("second.json"));
    expect(plan.origins).toMatchObject([{ action: "replace" }]);
    let left = steps;
    const stop = () => {
      left -= 1;
      if (left === 0) throw new Error("stopped");
    };
    await expect(to.importer.import(plan, stop)).rejects.toThrow("stopped");
    expect(to.importer.list()).toMatchObject([{ events: 720, complete: true }]);
    expect(to.pages()).toEqual(before);
    await to.importer.import(plan);
    expect(to.importer.list()).toMatchObject([{ events: 732, complete: true }]);
    to.rollUp();
    from.rollUp();
    expect(to.pages()).toEqual(from.pages());
  });
});

describe("an export of single kinds", () => {
  it.each([["events"], ["sessions"], ["totals"], ["events", "sessions"]] as const)(
    "does not replace a fuller import: %s",
    async (...what) => {
      const clock = new FixedClock(nowMs - dayMs);
      const from = new Machine(clock);
      from.work(5);
      const to = new Machine();
      await to.import(await from.exported());
      const before = to.pages();
      clock.tsMs = nowMs;
      const part = join(from.home, "part.json");
      await from.worker.reader.export(part, { format: "json", what }, true);
      await expect(to.importer.plan(part)).rejects.toThrow(/cannot replace an earlier import/);
      expect(to.pages()).toEqual(before);
    },
  );

  it("gives the sessions of events their length and counts", async () => {
    const from = new Machine();
    from.work(5);
    const part = join(from.home, "part.jsonl");
    await from.worker.reader.export(part, { format: "jsonl", what: ["events"] }, true);
    const to = new Machine();
    await to.import(part);
    from.rollUp();
    to.rollUp();
    const month = { period: "month" } as const;
    expect(to.worker.reader.stats(month)).toEqual(from.worker.reader.stats(month));
  });

  it("keeps sessions without events when a part is erased", async () => {
    const from = new Machine();
    from.work(20);
    const part = join(from.home, "part.json");
    await from.worker.reader.export(part, { format: "json", what: ["sessions"] }, true);
    const to = new Machine();
    await to.import(part);
    to.work(2, 3);
    const sessions = () => to.worker.reader.status().database?.sessions ?? 0;
    const before = sessions();
    const erased = await to.worker.erasePart({ source: "vscode_terminal", workspace: null, period: null });
    expect(sessions()).toBe(before - erased.sessions);
    expect(sessions()).toBeGreaterThanOrEqual(20);
  });
});

const commandsOf = (pages: ReturnType<Machine["pages"]>): number => {
  const [, month] = pages;
  return month === undefined ? 0 : (month[0] as { readonly commands: number }).commands;
};
