/**
 * The operator's commands besides `serve` and `doctor`: create tables, replay the log, rotate
 * receipt keys.
 */
import * as z from "zod";
import type { Config } from "./config.ts";
import { LockedError } from "./lock.ts";
import { openLog } from "./log/open-log.ts";
import { logEvent } from "./logger.ts";
import { readOperatorFile } from "./operator-file.ts";
import { Pipeline } from "./pipeline/pipeline.ts";
import { openStores, type Stores } from "./stores.ts";
import { tables } from "./warehouse/schema.ts";

const rotation = z.object({ key_id: z.string() });

/** @throws LockedError; the stores' errors. */
async function withStores<T>(config: Config, work: (stores: Stores) => Promise<T>): Promise<T> {
  const stores = await openStores(config);
  try {
    return await work(stores);
  } finally {
    await stores.close();
  }
}

export const migrate = (config: Config): Promise<string> =>
  withStores(config, () =>
    Promise.resolve(`Tables are up to date: ${tables.map(({ name }) => name).join(", ")}, daily, monthly.`),
  );

/**
 * Inserts what is in the log, except events of erased pseudonyms. Returns a message for the
 * operator.
 */
export function replay(config: Config): Promise<string> {
  return withStores(config, async ({ warehouse, aggregates, registry }) => {
    const log = await openLog(config);
    let rows = 0;
    const pipeline = new Pipeline(log, warehouse, aggregates, {
      data: config.data,
      insertRows: config.insert_rows,
      insertMs: config.insert_ms,
      minUsers: config.least_users,
      erasedAmong: (ids) => registry.erasedAmong(ids),
      now: Date.now,
      inserted: (count) => {
        rows += count;
      },
      failed: (error) => logEvent({ event: "insert_failed", error }),
    });
    await pipeline.drain();
    await log.close();
    return `Inserted ${rows} rows; the log is empty.`;
  });
}

/**
 * Creates a new receipt key, through the running server if one has locked the folder. Returns its
 * ID.
 * @throws Error if the running server refuses; the stores' errors.
 */
export async function keyRotated(config: Config): Promise<string> {
  try {
    return await withStores(config, ({ registry }) => registry.rotateKey());
  } catch (error) {
    if (!(error instanceof LockedError)) throw error;
    const running = readOperatorFile(config.data);
    if (running === undefined) throw error;
    const headers = { authorization: `Bearer ${running.token}` };
    const response = await fetch(`${running.url}/keys/rotate`, { method: "POST", headers });
    if (!response.ok)
      throw new Error(`The running server could not rotate its key (HTTP ${response.status}). See its log.`);
    return rotation.parse(await response.json()).key_id;
  }
}
