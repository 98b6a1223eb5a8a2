/**
 * Time until a batch of 20 events is durable. `batch-to-durable-p50`: in the worker, from raw
 * events to the synced commit. `batch-acknowledged-p50`: from the editor's request to the built
 * worker's response. Baseline: better-sqlite3 inserting 20 rows in one synced transaction, in the
 * same folder.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { v4, v7 } from "uuid";
import { systemClock } from "../server/clock.ts";
import { pathsFrom } from "../server/config/paths.ts";
import { openBetterSqlite3 } from "../server/store/driver/better-sqlite3.ts";
import { immediately } from "../server/store/driver/driver.ts";
import { silentListener, TelemetryCore } from "../server/worker/core.ts";
import { TelemetryService } from "../server/worker/service.ts";
import { RecordEventsRequest } from "../shared/protocol/record.ts";
import type { Raw } from "../shared/schema/raw.ts";
import { createRawEvent } from "../shared/schema/raw-event.ts";
import { scaled } from "./load.ts";
import { figure, type Measurement, quantile } from "./measurement.ts";
import { sampleUse } from "./sample.ts";
import { BenchWorker, decision, editor } from "./worker.ts";

const batches = 500;
const warmUp = 500;
const batchSize = 20;

/** Returns a function that creates batches of one session. */
function batchMaker(): () => readonly Raw[] {
  const session_id = v4();
  let seq = 0;
  const event = () => {
    seq += 1;
    const envelope = {
      id: v7(),
      event_type: "agent_event",
      ts: Date.now(),
      utc_offset_min: 0,
      session_id,
      source: "vscode_terminal",
      seq,
    } as const;
    return createRawEvent(envelope, { ...sampleUse });
  };
  return () => Array.from({ length: batchSize }, event);
}

/** Returns the milliseconds of `store` for each batch after the warm-up. */
async function timesMs<T>(prepare: () => T, store: (batch: T) => unknown): Promise<number[]> {
  const times: number[] = [];
  const warmUpBatches = scaled(warmUp);
  for (let n = 0; n < scaled(batches) + warmUpBatches; n += 1) {
    const batch = prepare();
    const start = performance.now();
    await store(batch);
    if (n >= warmUpBatches) times.push(performance.now() - start);
  }
  return times;
}

function inWorker(home: string): Promise<number[]> {
  const worker = new TelemetryService(new TelemetryCore(pathsFrom({}, home), {}, editor, systemClock, silentListener));
  worker.giveConsent(decision);
  return timesMs(batchMaker(), (events) => worker.record({ events })).finally(() => worker.close());
}

async function acknowledged(home: string): Promise<number[]> {
  const worker = await BenchWorker.start(home);
  const times = await timesMs(batchMaker(), (events) =>
    worker.connection.sendRequest(RecordEventsRequest.method, { events }),
  );
  await worker.end();
  return times;
}

async function sqliteOnly(folder: string): Promise<number[]> {
  const database = openBetterSqlite3(join(folder, "raw.db"), { readOnly: false, busyTimeoutMs: 0 });
  database.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (id TEXT UNIQUE, v TEXT) STRICT;",
  );
  const insert = database.prepare("INSERT INTO t VALUES (?, ?)");
  const rows = () => Array.from({ length: batchSize }, () => v7());
  const times = await timesMs(rows, (ids) =>
    immediately(database, () => {
      for (const id of ids) insert.run(id, "run_terminal_cmd end git commit ok success");
    }),
  );
  database.close();
  return times;
}

export async function durable(): Promise<readonly Measurement[]> {
  const folder = mkdtempSync(join(tmpdir(), "nexus-bench-"));
  try {
    const homes = ["one", "two"].map((name) => join(folder, name));
    for (const home of homes) mkdirSync(home);
    const [first = folder, second = folder] = homes;
    const baseline = quantile(await sqliteOnly(folder), 0.5);
    const against = "better-sqlite3 only, same batches";
    const p50 = (name: string, times: readonly number[], limit: number) =>
      figure({ name, unit: "ms", value: quantile(times, 0.5), against, baseline, limit });
    return [
      p50("batch-to-durable-p50", await inWorker(first), 1),
      p50("batch-acknowledged-p50", await acknowledged(second), 3),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
