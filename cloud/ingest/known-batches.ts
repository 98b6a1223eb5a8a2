/**
 * Creates the receiver with the batches of the last day in memory; older ones are looked up in the
 * warehouse.
 */

import type { BatchHead } from "../log/batch-record.ts";
import type { DurableLog } from "../log/durable-log.ts";
import type { ServerMetrics } from "../metrics.ts";
import { clickHouseTime } from "../warehouse/clickhouse-time.ts";
import type { Warehouse } from "../warehouse/warehouse.ts";
import { BatchReceiver, type KnownBatch, knownMs, maxKnownBatches } from "./batch-receiver.ts";
import type { Registry } from "./registry.ts";

interface BatchRow {
  readonly batch_id: string;
  readonly anon_user_id: string;
  readonly sha256: string;
  readonly receipt: string;
  readonly received_ms: string;
}

export interface ReceiverParts {
  readonly log: DurableLog;
  readonly registry: Registry;
  readonly watch: ServerMetrics;
  readonly warehouse: Warehouse;
  /** Provides the heads of batches that are not in the warehouse yet. */
  readonly pipeline: { waitingHeads(): Promise<readonly BatchHead[]> };
  readonly now: () => number;
}

const columns = "batch_id, anon_user_id, sha256, receipt, toUnixTimestamp64Milli(received_at) AS received_ms";

const knownBatchOf = ({ sha256, receipt, received_ms }: BatchRow): KnownBatch => ({
  sha256,
  answer: receipt,
  receivedMs: Number(received_ms),
});

/** @throws the stores' errors. */
export async function openReceiver(parts: ReceiverParts): Promise<BatchReceiver> {
  const { log, registry, watch, warehouse, pipeline, now } = parts;
  const findBatch = async (user: string, batch: string) => {
    const [row] = await warehouse.query<BatchRow>(
      `SELECT ${columns} FROM batches WHERE anon_user_id = {user:UUID} AND batch_id = {batch:UUID}
       ORDER BY received_at LIMIT 1`,
      { user, batch },
    );
    return row === undefined ? undefined : knownBatchOf(row);
  };
  const sinceMs = now() - knownMs;
  const receiver = new BatchReceiver(log, registry, watch, findBatch, sinceMs);
  const recent = await warehouse.query<BatchRow>(
    `SELECT ${columns} FROM batches WHERE received_at > {since:DateTime64(3)}
     ORDER BY batches.received_at DESC LIMIT ${maxKnownBatches + 1}`,
    { since: clickHouseTime(sinceMs) },
  );
  for (const row of recent.toReversed()) receiver.remember(row.anon_user_id, row.batch_id, knownBatchOf(row));
  for (const { batch_id, anon_user_id, sha256, receipt, received_ms } of await pipeline.waitingHeads()) {
    receiver.remember(anon_user_id, batch_id, { sha256, answer: receipt, receivedMs: received_ms });
  }
  return receiver;
}
