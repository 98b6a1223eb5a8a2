/** What an operator does beside the server: create tables, put the log away, rotate keys. */
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

/** @throws LockedError, the stores' errors. */
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
    Promise.resolve(`The tables are there: ${tables.map(({ name }) => name).join(", ")}, daily, monthly.`),
  );

/** Erasures are kept to: what was erased does not come in again. */
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
      failed: (error) => logEvent({ event: "put_away_failed", error }),
    });
    await pipeline.drain();
    await log.close();
    return `${rows} rows were put into the warehouse; the log waits for nothing.`;
  });
}

/** A new key for receipts, made by the server that runs in the folder, or here where none does. Returns its id. */
export async function keyRotated(config: Config): Promise<string> {
  try {
    return await withStores(config, ({ registry }) => registry.rotateKey());
  } catch (error) {
    if (!(error instanceof LockedError)) throw error;
    const running = readOperatorFile(config.data);
    if (running === undefined) throw error;
    const headers = { authorization: `Bearer ${running.token}` };
    const answer = await fetch(`${running.url}/keys/rotate`, { method: "POST", headers });
    if (!answer.ok) throw new Error(`The running server did not rotate its key (${answer.status}): see its log.`);
    return rotation.parse(await answer.json()).key_id;
  }
}
