/** The built command on a year of work: every planted truth is found by typing, at every width, and in every format. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../../scripts/generate/generate.ts";
import { plantedTruths } from "../../server/sample/work.ts";
import type { Answer } from "../../shared/protocol/query.ts";
import { sampleWorkspaceNames as workspaces } from "../../shared/protocol/sample.ts";
import { dayMs } from "../../shared/schema/durations.ts";
import { nexus } from "../fixtures/run-cli.ts";
import { sampleYear } from "../fixtures/sample-year.ts";
import { hasTmux, Terminal } from "./tmux.ts";

const command = `${process.execPath} ${join(root, "dist", "cli", "nexus.cjs")}`;
let home = "";

const ran = (...args: readonly string[]) => nexus(home, { COLUMNS: "80" }, ...args);
async function printed(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await ran(...args);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return out;
}
const asked = async (...args: readonly string[]) => JSON.parse(await printed(...args, "--json"));

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "nexus-test-"));
  await ran("enable", "--yes");
  await ran("telemetry", "config", "set", "retention_days", "400");
  const consent = join(home, ".config", "nexus", "consent.jsonl");
  const record = JSON.parse(readFileSync(consent, "utf8").trimEnd().split("\n").at(-1) ?? "");
  const ts = new Date(Date.now() - 400 * dayMs).toISOString();
  writeFileSync(consent, `${JSON.stringify({ ...record, ts })}\n`);
  const folder = join(home, "nexus", "state", "events");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "work.jsonl"), sampleYear({ nowMs: Date.now(), events: 30_000 }));
  await ran("usage", "import");
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

describe("planted truths", () => {
  it("a command three times slower for nine days", async () => {
    const { command: slow, days } = plantedTruths.slower;
    expect(await printed("stats")).toContain(`${slow} became slower on `);
    const { insights } = await asked("why", ...slow.split(" "));
    const [change] = insights.filter(({ kind }: { kind: string }) => kind === "slower");
    const daysAgo = (Date.now() - change.evidence.sinceMs) / dayMs;
    expect(Math.abs(daysAgo - days)).toBeLessThan(2);
    expect(change.evidence.medianMs / change.evidence.before.medianMs).toBeCloseTo(plantedTruths.slower.factor, 0);
  });

  it("an agent whose edits began to fail the checks", async () => {
    const { agent, days } = plantedTruths.failing;
    const rate = async (...period: readonly string[]) =>
      (await asked("agents", "report", "--agent", agent, ...period)).firstTry.groups[0].firstTry;
    const now = await rate("--last", `${days}d`);
    const before = await rate("--since", "150d", "--until", `${days + 1}d`);
    expect(now.high).toBeLessThan(before.low);
    expect(await printed("agents", "report", "--last", `${days}d`)).toMatch(new RegExp(`${agent} +gpt-5 +\\d+% \\(`));
  });

  it("an agent's edits in one workspace only, with the filter", async () => {
    const { firstTry } = await asked("agents", "report", "--year");
    const { firstTry: part } = await asked("agents", "report", "--year", "--workspace", "backend");
    const checked = (groups: readonly { checked: number }[]) => groups.reduce((sum, group) => sum + group.checked, 0);
    expect(checked(part.groups)).toBeLessThan(checked(firstTry.groups) / 2);
    expect((await asked("agents", "report", "--tool", "edit_file")).firstTry).toBeNull();
  });

  it("a cost that jumped with a change of the model", async () => {
    const { agent, after, days } = plantedTruths.cost;
    const text = await printed(
      "cost",
      "--by",
      "model",
      "--agent",
      agent,
      "--last",
      `${days}d`,
      "--compare",
      "previous",
    );
    expect(text).toMatch(new RegExp(`${after} .* none before`));
    const { total, before } = await asked("cost", "--agent", agent, "--last", `${days}d`, "--compare", "previous");
    expect(total.cost.listUsd / total.requests).toBeGreaterThan(
      (2 * before.total.cost.listUsd) / before.total.requests,
    );
  });

  it("the workspace with most of the waiting", async () => {
    const { groups } = await asked("stats", "--by", "workspace", "--sort", "waiting", "--year");
    const { total } = await asked("stats", "--workspace", plantedTruths.waiting.workspace, "--year");
    expect(groups).toHaveLength(workspaces.length);
    expect(groups[0].measures.waitingMs).toBe(total.waitingMs);
    expect(groups[0].measures.waitingMs).toBeGreaterThan(1.25 * groups[1].measures.waitingMs);
  });
});

describe("an answer", () => {
  it("is the same in JSON, CSV and SQL", async () => {
    const { groups }: Answer = await asked("commands", "--last", "60d");
    const rows: readonly Record<string, string>[] = parse(await printed("commands", "--last", "60d", "--csv"), {
      columns: true,
    });
    expect(rows.map((row) => [row["command"], Number(row["runs_count"]), Number(row["waiting_ms"])])).toEqual(
      groups.map(({ key, measures }) => [key, measures.runs.count, measures.waitingMs]),
    );
    const from = new Date(Date.now() - 59 * dayMs).toISOString().slice(0, 10);
    const sql = `SELECT command_path AS command, sum(count) AS runs FROM totals_readable
      WHERE tool_name = 'run_terminal_cmd' AND source = 'vscode_terminal' AND tool_phase = 'end' AND day >= '${from}' GROUP BY 1`;
    const { rows: counted } = await asked("query", sql);
    const bySql = new Map(counted.map(({ command: path, runs }: { command: string; runs: number }) => [path, runs]));
    expect(new Map(groups.map(({ key, measures }) => [key, measures.runs.count]))).toEqual(bySql);
  });

  it("in CSV has its columns without rows too", async () => {
    expect(await printed("sessions", "--csv", "--today", "--agent", "pi")).toMatch(
      /^id,started_ms,.*,subagent_calls\n$/,
    );
    const none = await printed("commands", "--csv", "--agent", "pi");
    expect(none).toBe(`${(await printed("commands", "--csv")).split("\n")[0]}\n`);
  });

  it("by session has the same cost as the sessions, and as their sum", async () => {
    const bySession: Answer = await asked("cost", "--by", "session", "--last", "3d");
    const { sessions } = await asked("sessions", "--last", "3d", "--limit", "1000");
    const costs = (list: readonly { id: string; measures: Answer["total"] }[]) =>
      new Map(
        list.filter(({ measures }) => measures.requests > 0).map(({ id, measures }) => [id, measures.cost.listUsd]),
      );
    const found = costs(bySession.groups.map(({ key, measures }) => ({ id: key, measures })));
    expect(found.size).toBeGreaterThan(3);
    expect(found).toEqual(costs(sessions));
    const { total }: Answer = await asked("cost", "--last", "3d");
    expect(bySession.total.cost.listUsd).toBe(total.cost.listUsd);
  });

  it.each([
    ["stats", "--by", "comand"],
    ["stats", "--agent", "claude"],
    ["why", "npm", "tets"],
    ["commands", "--sort", "wating"],
    ["stats", "--workspace", "bakcend"],
    ["report", "--format", "markdown"],
    ["stats", "--command", "npm tset"],
    ["cost", "--model", "gpt5"],
    ["stats", "--tool", "edit_fil"],
    ["stats", "--sort", "waitng"],
  ])("to an unknown name is an error with exit code 2: nexus %s %s %s", async (...args) => {
    expect(await ran(...args)).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringMatching(/Did you mean|Valid values|No data of/),
    });
  });

  it.skipIf(!hasTmux()).each([80, 120, 200])("fits into %i columns", async (columns) => {
    for (const line of [
      "stats",
      "stats --by workspace --compare previous",
      "commands --limit 12",
      "agents report",
      "why npm test",
      "cost --by agent",
      "sessions --limit 5",
    ]) {
      const terminal = new Terminal(`${command} ${line}`, { HOME: home, TZ: "UTC" }, columns, 70);
      const screen = await terminal.shows("ended with 0");
      for (const text of screen.split("\n")) expect(text.length, text).toBeLessThanOrEqual(columns);
      // A wrapped table row would begin with a number.
      expect(screen, line).not.toMatch(/^ *[\d.]+ (ms|s|min|h)\b/m);
      if (line.startsWith("stats --by")) expect(screen.includes("Not shown at this width")).toBe(columns < 200);
    }
  });

  it("is plain without a terminal: no colours, no cut columns", async () => {
    const text = await printed("stats", "--by", "workspace");
    expect(text).not.toContain("\u001b");
    expect(text).toContain("List price");
    expect(await printed("--plain", "stats")).not.toMatch(/[▁-█▲▼═]/);
  });
});

describe("nexus query", () => {
  it("refuses everything that does not only read, and says why", async () => {
    for (const [sql, reason] of [
      ["DELETE FROM events", "DELETE is not allowed"],
      ["WITH x AS (SELECT 1) DELETE FROM events", "does not only read"],
      ["ATTACH ':memory:' AS x", "ATTACH is not allowed"],
      ["SELECT 1; DELETE FROM events", "Only one statement"],
      ["SELECT nope FROM events_readable", "no such column: nope"],
      ["SELECT json('x')", "malformed JSON"],
      ["SELECT abs(-9223372036854775808)", "integer overflow"],
      ["SELECT * FROM pragma_database_list", "PRAGMA is not allowed"],
      ['SELECT * FROM "pragma_journal_mode"', "PRAGMA is not allowed"],
    ] as const)
      expect(await ran("query", sql), sql).toMatchObject({ code: 2, out: "", err: expect.stringContaining(reason) });
    const { rows } = await asked("query", "SELECT count(*) AS n FROM events_readable");
    expect(rows[0].n).toBeGreaterThan(15_000);
  });

  it("ends a query that never ends, and says when rows are cut", async () => {
    const endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
    expect(await ran("query", endless, "--timeout", "1")).toMatchObject({
      code: 1,
      err: expect.stringContaining("longer than 1.0 s"),
    });
    const many = await ran("query", "SELECT id FROM events_readable", "--csv");
    expect(many.out.trimEnd().split("\n")).toHaveLength(10_001);
    expect(many).toMatchObject({ code: 0, err: expect.stringContaining("only the first 10,000 rows") });
    expect(await asked("query", "SELECT id FROM events_readable", "--limit", "2")).toMatchObject({
      cut: true,
      rows: [{}, {}],
    });
  });

  it("prints columns in their order, also with equal names, and long values at once", async () => {
    expect(await printed("query", "SELECT 10, 5, 1 a, 2 a", "--csv")).toBe("10,5,a,a_2\n10,5,1,2\n");
    expect(await printed("query", "SELECT 1 AS x WHERE false", "--csv")).toBe("x\n");
    expect((await asked("query", "SELECT 9007199254740993 n, 7 m")).rows).toEqual([{ n: "9007199254740993", m: 7 }]);
    expect((await printed("query", "SELECT hex(randomblob(500000)) x")).length).toBeGreaterThan(1_000_000);
    expect(await printed("query", "SELECT 'a' || char(10) || 'b' x")).toBe("x\na\\nb\n");
    expect(await ran("query", "SELECT 1", "--timeout", "3000000")).toMatchObject({ code: 2 });
  });

  it("says that there is no database", async () => {
    const empty = mkdtempSync(join(tmpdir(), "nexus-test-"));
    try {
      expect(await nexus(empty, {}, "query", "SELECT 1")).toMatchObject({
        code: 3,
        err: expect.stringContaining("no database"),
      });
      expect((await nexus(empty, {}, "report")).out).toContain("Nothing was recorded.");
      expect((await nexus(empty, {}, "tail", "--no-follow")).out).toContain("Recording is off");
      expect((await nexus(empty, {}, "why", "git")).err).toContain("Recording is off");
    } finally {
      rmSync(empty, { recursive: true });
    }
  });

  it("prints NULL, bytes and numbers, and lists the views", async () => {
    expect((await asked("query", "SELECT NULL a, x'00ff' b, 1.5 c, 'x' d")).rows).toEqual([
      { a: null, b: "00ff", c: 1.5, d: "x" },
    ]);
    const views = await printed("query", "--views");
    for (const name of ["events_readable", "sessions_readable", "totals_readable"]) expect(views).toContain(name);
  });
});

describe.skipIf(!hasTmux())("nexus tail", () => {
  it("prints new events as they are stored, and ends with Ctrl+C", async () => {
    const terminal = new Terminal(`${command} tail --limit 2`, { HOME: home, TZ: "UTC" }, 100, 30);
    await terminal.shows("  ok  ");
    await nexus(home, {}, "run", "--", "true");
    await terminal.showsOnce((screen) => / true$/m.test(screen), "the run");
    terminal.press("C-c");
    await terminal.shows("ended with 0");
  });
});
