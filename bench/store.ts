/**
 * `store-rate`: clean events with sessions and rollups. `worker-rate`: raw events through consent,
 * firewall and store. Baseline: better-sqlite3 inserting the same rows in the same synced batches
 * with the same two unique indexes. Also: statistics of a month and a year with 1,000,000 and
 * 100,000 events, bytes per event, and the memory of an export and of an idle worker.
 */

import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { v4, v7 } from "uuid";
import { PeriodQuery } from "../server/analytics/period-query.ts";
import { readStats } from "../server/analytics/stats.ts";
import { systemClock } from "../server/clock.ts";
import { pathsFrom } from "../server/config/paths.ts";
import { type CleanEvent, markClean } from "../server/privacy/clean-event.ts";
import { openBetterSqlite3 } from "../server/store/driver/better-sqlite3.ts";
import { immediately } from "../server/store/driver/driver.ts";
import { uuidBytes } from "../server/store/events/uuid-bytes.ts";
import { Store } from "../server/store/store.ts";
import { silentListener, TelemetryCore } from "../server/worker/core.ts";
import { productInfo } from "../server/worker/product-info.ts";
import { TelemetryService } from "../server/worker/service.ts";
import { RecordEventsRequest } from "../shared/protocol/record.ts";
import { ExportRequest, exportKinds } from "../shared/protocol/worker.ts";
import { markRaw } from "../shared/schema/raw.ts";
import { scaled } from "./load.ts";
import { figure, type Measurement, quantile } from "./measurement.ts";
import { typicalEvent } from "./sample.ts";
import { BenchWorker, decision, editor } from "./worker.ts";
import { yearOf } from "./year.ts";

const batchSize = 50;
const batches = 400;
const paths = [
  "git commit",
  "npm run",
  "ls",
  "cd",
  "docker compose up",
  "kubectl get",
  "make",
  "python3",
  "cargo test",
  "rg",
];

function cleanBatch(session: string, from: number, size: number, tsOf: (n: number) => number): readonly CleanEvent[] {
  return Array.from({ length: size }, (_, n) => {
    const seq = from + n + 1;
    const ended = seq % 2 === 0;
    const payload = {
      stream: "tool",
      tool_name: "run_terminal_cmd",
      tool_phase: ended ? "end" : "start",
      command_path: paths[(seq >> 1) % paths.length] ?? "ls",
      workspace_hash: "0123456789abcdef0123456789abcdef",
      ...(ended ? { status: "ok", exit_class: "success", duration_ms: (seq * 7919) % 60_000 } : {}),
    };
    return markClean({
      id: v7(),
      type: "agent_event",
      tsMs: tsOf(seq),
      utcOffsetMin: 60,
      sessionId: session,
      source: "vscode_terminal",
      seq,
      payload,
    });
  });
}

/** Returns the events per second of `write` for batches that were created before. */
function rate<B>(prepared: readonly B[], write: (batch: B) => void): number {
  const start = performance.now();
  for (const batch of prepared) write(batch);
  return (prepared.length * batchSize) / ((performance.now() - start) / 1_000);
}

function rawRate(folder: string, name: string): number {
  const database = openBetterSqlite3(join(folder, name), { readOnly: false, busyTimeoutMs: 0 });
  database.exec(`
    PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, event_id BLOB NOT NULL UNIQUE, stream INTEGER NOT NULL,
      seq INTEGER NOT NULL, dimensions INTEGER NOT NULL, ts INTEGER NOT NULL, utc_offset_min INTEGER NOT NULL,
      duration_ms INTEGER, numbers TEXT, UNIQUE (stream, seq)) STRICT;`);
  const insert = database.prepare("INSERT INTO events VALUES (NULL, ?, 1, ?, ?, ?, 60, ?, NULL)");
  const prepared = Array.from({ length: scaled(batches, 20) }, (_, n) =>
    cleanBatch("", n * batchSize, batchSize, () => Date.now()),
  );
  const write = (batch: readonly CleanEvent[]) =>
    immediately(database, () => {
      for (const { id, seq, tsMs } of batch) insert.run(uuidBytes(id), seq, seq % 20, tsMs, seq % 900);
    });
  // Warm-up: opening and preparing are not part of the comparison.
  for (const batch of prepared.splice(0, 10)) write(batch);
  const eventsPerSecond = rate(prepared, write);
  database.close();
  return eventsPerSecond;
}

function storeRate(folder: string, name: string): number {
  const store = new Store(join(folder, name), productInfo, systemClock);
  const session = v4();
  const prepared = Array.from({ length: scaled(batches, 20) }, (_, n) =>
    cleanBatch(session, n * batchSize, batchSize, () => Date.now()),
  );
  for (const batch of prepared.splice(0, 10)) store.write(batch);
  const eventsPerSecond = rate(prepared, (batch) => void store.write(batch));
  store.close();
  return eventsPerSecond;
}

function workerRate(home: string): number {
  mkdirSync(home);
  const worker = new TelemetryService(new TelemetryCore(pathsFrom({}, home), {}, editor, systemClock, silentListener));
  worker.giveConsent(decision);
  const session = v4();
  const event = (n: number) => markRaw(typicalEvent(session, n));
  worker.record({ events: [event(0)] });
  const prepared = Array.from({ length: scaled(batches, 20) }, (_, batch) =>
    Array.from({ length: batchSize }, (_, n) => event(1 + batch * batchSize + n)),
  );
  const eventsPerSecond = rate(prepared, (events) => void worker.record({ events }));
  worker.close();
  return eventsPerSecond;
}

/** Alternates with the baseline, so that a drift of the machine's speed affects both. */
export async function storing(): Promise<readonly Measurement[]> {
  const folder = mkdtempSync(join(tmpdir(), "nexus-bench-"));
  try {
    const rounds = [0, 1, 2].map((n) => ({
      raw: rawRate(folder, `raw${n}.db`),
      store: storeRate(folder, `store${n}.db`),
      worker: workerRate(join(folder, `home${n}`)),
    }));
    const median = (key: "raw" | "store" | "worker") =>
      quantile(
        rounds.map((round) => round[key]),
        0.5,
      );
    const against = "better-sqlite3 only, same rows and batches";
    const of = (name: string, value: number, min: number) =>
      figure({
        name,
        unit: "events/s",
        value,
        against,
        baseline: median("raw"),
        limit: min * median("raw"),
        atLeast: true,
      });
    return [of("store-rate", median("store"), 0.5), of("worker-rate", median("worker"), 0.3)];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const million = 1_000_000;
const periods = ["month", "year"] as const;

function statsMs(store: Store, period: "month" | "year"): number {
  const times = Array.from({ length: 21 }, () => {
    const start = performance.now();
    store.read((connection) => readStats(new PeriodQuery({ period }, Date.now()).on(connection)));
    return performance.now() - start;
  });
  return quantile(times, 0.5);
}

/** Returns the peak memory of a worker that exports everything. */
async function exportMemory(home: string, file: string, target: string): Promise<number> {
  mkdirSync(home);
  const worker = await BenchWorker.start(home, { NEXUS_TELEMETRY_PATH: file });
  const request = { path: target, format: "json", what: exportKinds };
  await worker.connection.sendRequest(ExportRequest.method, request);
  const peakBytes = worker.memory("VmHWM");
  await worker.end();
  return peakBytes;
}

/**
 * Measures the memory of an idle worker that has stored events. Baseline: one that has stored
 * nothing.
 */
export async function idle(): Promise<readonly Measurement[]> {
  const folder = mkdtempSync(join(tmpdir(), "nexus-bench-"));
  try {
    const memoryOf = async (events: number) => {
      const home = join(folder, String(events));
      mkdirSync(home);
      const worker = await BenchWorker.start(home);
      const session = v4();
      for (let n = 0; n < events; n += batchSize) {
        const batch = Array.from({ length: batchSize }, (_, i) => typicalEvent(session, n + i));
        await worker.connection.sendRequest(RecordEventsRequest.method, { events: batch });
      }
      const own = worker.memory("RssAnon");
      const resident = worker.memory("VmRSS");
      await worker.end();
      return { own, resident };
    };
    const bare = await memoryOf(0);
    const used = await memoryOf(batchSize);
    const mega = 1024 * 1024;
    const against = "worker without stored events";
    const of = (name: string, value: number, baseline: number, limit: number) =>
      figure({ name, unit: "bytes", value, against, baseline, limit: limit * mega });
    return [
      of("idle-own-memory", used.own, bare.own, 50),
      of("idle-resident-memory", used.resident, bare.resident, 80),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Compares 10 million events with 1 million: the time must not grow with the number of events. */
export async function readingTenMillion(): Promise<readonly Measurement[]> {
  const folder = mkdtempSync(join(tmpdir(), "nexus-bench-"));
  try {
    const large = yearOf(join(folder, "large.db"), scaled(million, 20_000));
    const huge = yearOf(join(folder, "huge.db"), scaled(10 * million, 200_000));
    const measurements = periods.map((period) => {
      const baseline = statsMs(large, period);
      return figure({
        name: `stats-${period}-ten-million`,
        unit: "ms",
        value: statsMs(huge, period),
        against: "1,000,000 events",
        baseline,
        limit: 1.5 * baseline,
      });
    });
    large.close();
    huge.close();
    return measurements;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export async function reading(): Promise<readonly Measurement[]> {
  const folder = mkdtempSync(join(tmpdir(), "nexus-bench-"));
  try {
    const small = yearOf(join(folder, "small.db"), scaled(million / 10, 2_000));
    const large = yearOf(join(folder, "large.db"), scaled(million, 20_000));
    const against = "100,000 events";
    const of = (name: string, period: "month" | "year") =>
      figure({
        name,
        unit: "ms",
        value: statsMs(large, period),
        against,
        baseline: statsMs(small, period),
        limit: 10,
      });
    const month = of("stats-month", "month");
    const year = of("stats-year", "year");
    const stored = large.totals()?.events ?? 1;
    large.close();
    small.close();
    const bytes = statSync(join(folder, "large.db")).size / stored;
    const target = join(folder, "export.json");
    const rss = await exportMemory(join(folder, "home"), join(folder, "large.db"), target);
    return [
      month,
      year,
      figure({
        name: "bytes-per-event",
        unit: "bytes",
        value: bytes,
        against: "UUID as text",
        baseline: 36,
        limit: 120,
      }),
      figure({
        name: "export-memory",
        unit: "bytes",
        value: rss,
        against: "size of the written file",
        baseline: statSync(target).size,
        limit: 100 * 1024 * 1024,
      }),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
