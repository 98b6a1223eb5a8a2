/** What an operator does without listening: make tables, and put the log away. */
import { join } from "node:path";
import type { Config } from "./config.ts";
import { Registry } from "./ingest/registry.ts";
import { openLog } from "./log/open.ts";
import { say } from "./log-line.ts";
import { Pipeline } from "./pipeline.ts";
import { openStores, type Stores } from "./stores.ts";
import { tables } from "./warehouse/schema.ts";

/** @throws LockedError, the stores' errors. */
async function withStores<T>(config: Config, work: (stores: Stores) => Promise<T>): Promise<T> {
  const stores = await openStores(config);
  try {
    return await work(stores);
  } finally {
    await stores.close();
  }
}

export const migrated = (config: Config): Promise<string> =>
  withStores(config, () =>
    Promise.resolve(`The tables are there: ${tables.map(({ name }) => name).join(", ")}, daily, monthly.`),
  );

/** Erasures are kept to: what was erased does not come in again. */
export function replayed(config: Config): Promise<string> {
  return withStores(config, async ({ warehouse, aggregates }) => {
    const registry = await Registry.open(join(config.data, "registry.jsonl"));
    const log = await openLog(config);
    let rows = 0;
    const pipeline = new Pipeline(log, warehouse, aggregates, {
      ...{ data: config.data, insertRows: config.insert_rows, insertMs: config.insert_ms },
      isErased: (id) => registry.isErased(id),
      inserted: (count) => {
        rows += count;
      },
      failed: (error) => say({ what: "put_away_failed", error }),
    });
    await pipeline.drain();
    await log.close();
    await registry.close();
    return `${rows} rows were put into the warehouse; the log waits for nothing.`;
  });
}
