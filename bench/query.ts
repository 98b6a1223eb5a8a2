/**
 * Questions of the query model on a year of work (`year.ts`): what the overview shows for a month and a year, each filter over
 * 12 months, and the sessions of 30 days. Baseline: the ten most frequent commands of the month with their medians, by plain
 * better-sqlite3 from a table of runs with one index.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { PriceList } from "../server/analytics/price-list.ts";
import { DayCache } from "../server/analytics/query/day-cache.ts";
import { answer } from "../server/analytics/query/query.ts";
import { readSessions } from "../server/analytics/query/sessions.ts";
import type { Connection } from "../server/store/driver/driver.ts";
import type { Filters, Query } from "../shared/protocol/query.ts";
import { sampleWorkspaceHash } from "../shared/protocol/sample.ts";
import { dayMs } from "../shared/schema/durations.ts";
import { scaled } from "./load.ts";
import { figure, type Measurement, quantile } from "./measurement.ts";
import { yearOf, yearOfEvents } from "./year.ts";

const million = 1_000_000;
const rounds = 9;
const priceList = new PriceList();

function times(work: () => unknown): readonly number[] {
  return Array.from({ length: scaled(rounds, 2) }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
}

/** What the overview asks: figures by time with the period before, commands, and agents. */
function overview(connection: Connection, period: "month" | "year", cache: DayCache): void {
  const of: Query = { period: { period } };
  answer(connection, { ...of, by: "time", compare: "previous" }, priceList, Date.now(), cache);
  answer(connection, { ...of, by: "command" }, priceList, Date.now(), cache);
  answer(connection, { ...of, by: "agent" }, priceList, Date.now(), cache);
}

const oneFilter: readonly Filters[] = [
  { command: "git" },
  { class: "check" },
  { agent: "codex" },
  { model: "gpt-5" },
  { workspace: sampleWorkspaceHash("backend") },
  { source: "claude_code" },
  { outcome: "failed" },
];
const twoFilters: readonly Filters[] = oneFilter.map((filter) => ({
  ...filter,
  workspace: sampleWorkspaceHash("atlas"),
}));

const filtered = (connection: Connection, filters: readonly Filters[], cache?: DayCache): number =>
  quantile(
    filters.flatMap((filter) =>
      times(() =>
        answer(connection, { period: { period: "year" }, by: "time", filters: filter }, priceList, Date.now(), cache),
      ),
    ),
    0.95,
  );

/** Returns a function that asks plain SQLite the same question about a month. */
function plainMonth(file: string, events: number): () => unknown {
  const database = new Database(file);
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
    CREATE TABLE runs (ts INTEGER NOT NULL, command TEXT, duration_ms INTEGER, status TEXT); CREATE INDEX runs_ts ON runs (ts);`);
  const insert = database.prepare("INSERT INTO runs VALUES (?, ?, ?, ?)");
  const text = (value: unknown) => (value === undefined ? null : String(value));
  database.transaction(() => {
    for (const batch of yearOfEvents(events))
      for (const { tsMs, payload } of batch)
        insert.run(tsMs, text(payload["command_path"]), payload["duration_ms"] ?? null, text(payload["status"]));
  })();
  const query = database.prepare(
    "SELECT command, count(*) n, median(duration_ms) FROM runs WHERE ts >= ? AND status IS NOT NULL GROUP BY 1 ORDER BY n DESC LIMIT 10",
  );
  return () => query.all(Date.now() - 30 * dayMs);
}

export async function query(): Promise<readonly Measurement[]> {
  const folder = mkdtempSync(join(tmpdir(), "nexus-bench-"));
  const store = yearOf(join(folder, "year.db"), scaled(million, 4_000));
  try {
    const plain = quantile(times(plainMonth(join(folder, "plain.db"), scaled(million, 4_000))), 0.5);
    const against = "10 commands with medians of a month, plain better-sqlite3";
    const of = (name: string, value: number, limit: number) =>
      figure({ name, unit: "ms", value, against, baseline: plain, limit });
    const found = store.read((connection) => {
      const cache = new DayCache();
      // The days are read once, as in a worker.
      overview(connection, "year", cache);
      const median = (work: () => unknown) => quantile(times(work), 0.5);
      return [
        of(
          "query-month-commands",
          median(() => answer(connection, { period: { period: "month" }, by: "command" }, priceList, Date.now())),
          plain / 2,
        ),
        of(
          "query-month-overview",
          median(() => overview(connection, "month", cache)),
          10,
        ),
        of(
          "query-year-overview",
          median(() => overview(connection, "year", cache)),
          20,
        ),
        of("query-year-filter", filtered(connection, oneFilter), 250),
        of("query-year-filter-cached", filtered(connection, oneFilter, cache), 50),
        of("query-year-two-filters", filtered(connection, twoFilters), 400),
        of(
          "query-sessions",
          median(() => readSessions(connection, { period: { period: "month" } }, 20, priceList, Date.now())),
          50,
        ),
      ];
    });
    return found ?? [];
  } finally {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
