/** What an operator does without listening: make tables, and put the log away. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Aggregates } from "./aggregates/aggregates.ts";
import { openPostgres } from "./aggregates/postgres.ts";
import type { Config } from "./config.ts";
import { Registry } from "./ingest/registry.ts";
import { lockFolder } from "./lock.ts";
import { SegmentLog } from "./log/segments.ts";
import { Pipeline } from "./pipeline.ts";
import { tables } from "./warehouse/schema.ts";
import { Warehouse } from "./warehouse/warehouse.ts";

/** Opens the stores, does the work, and closes them. @throws LockedError, the stores' errors. */
async function withStores<T>(
  config: Config,
  work: (warehouse: Warehouse, aggregates: Aggregates) => Promise<T>,
): Promise<T> {
  mkdirSync(config.data, { recursive: true, mode: 0o700 });
  const unlock = lockFolder(config.data);
  const warehouse = Warehouse.open(config.warehouse, join(config.data, "warehouse"), config.cluster);
  const postgres = await openPostgres(config.aggregates, join(config.data, "aggregates"));
  const aggregates = new Aggregates(postgres, config.least_users);
  try {
    await warehouse.migrate();
    await aggregates.migrate();
    return await work(warehouse, aggregates);
  } finally {
    await aggregates.close();
    await warehouse.close();
    unlock();
  }
}

export const migrated = (config: Config): Promise<string> =>
  withStores(config, () =>
    Promise.resolve(`The tables are there: ${tables.map(({ name }) => name).join(", ")}, daily, monthly.`),
  );

/** Erasures are kept to: what was erased does not come in again. */
export function replayed(config: Config): Promise<string> {
  return withStores(config, async (warehouse, aggregates) => {
    const registry = await Registry.open(join(config.data, "registry.jsonl"));
    const log = await SegmentLog.open(join(config.data, "log"));
    let rows = 0;
    const pipeline = new Pipeline(log, warehouse, aggregates, {
      ...{ data: config.data, insertRows: config.insert_rows, insertMs: config.insert_ms },
      isErased: (id) => registry.isErased(id),
      told: (_what, count) => {
        rows += count;
      },
    });
    await pipeline.drain();
    await log.close();
    await registry.close();
    return `${rows} rows were put into the warehouse; the log waits for nothing.`;
  });
}
