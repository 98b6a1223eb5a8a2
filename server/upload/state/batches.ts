/**
 * The table `batches`: frozen batches that wait to be sent, and those that a server rejected. All
 * SQL on this table is here.
 */
import type { Connection, Row } from "../../store/driver/driver.ts";
import type { Batch } from "../wire/batch.ts";
import { type Compressed, compress, decompress } from "../wire/compression.ts";

/** A batch as its files are named. */
export type BatchName = Pick<Batch, "batchId" | "generatedAt">;

export interface PendingBatch extends Batch {
  readonly packed: Compressed;
  readonly row: number;
  readonly attempts: number;
}

/** Stores differences, not keys: a thousand of them take two kilobytes. */
const differences = (keys: readonly number[]): string => JSON.stringify(keys.map((key, n) => key - (keys[n - 1] ?? 0)));

function keysOf(text: unknown): readonly number[] {
  let key = 0;
  return (JSON.parse(String(text)) as readonly number[]).map((step) => {
    key += step;
    return key;
  });
}

export function addBatch(connection: Connection, { batchId, generatedAt, keys, body }: Batch): void {
  connection
    .prepare("INSERT INTO batches (batch_id, generated_at, first_key, keys, events, body) VALUES (?, ?, ?, ?, ?, ?)")
    .run(batchId, generatedAt, keys[0] ?? 0, differences(keys), keys.length, compress(body));
}

function toPending(row: Row): PendingBatch {
  const body = decompress(row["body"]) ?? Buffer.alloc(0);
  return {
    body,
    packed: row["body"] as Compressed,
    row: Number(row["id"]),
    batchId: String(row["batch_id"]),
    generatedAt: Number(row["generated_at"]),
    keys: keysOf(row["keys"]),
    attempts: Number(row["attempts"]),
  };
}

/** Returns the batch to send next. */
export function nextPending(connection: Connection): PendingBatch | undefined {
  const row = connection.prepare("SELECT * FROM batches WHERE rejected IS NULL ORDER BY first_key LIMIT 1").get();
  return row === undefined ? undefined : toPending(row);
}

export function countPendingEvents(connection: Connection): number {
  return Number(connection.prepare("SELECT total(events) n FROM batches WHERE rejected IS NULL").get()?.["n"] ?? 0);
}

/** Returns whether the batch still exists. */
export function countAttempt(connection: Connection, row: number): boolean {
  return connection.prepare("UPDATE batches SET attempts = attempts + 1 WHERE id = ?").run(row) > 0;
}

/** Returns whether the batch still existed. */
export function removeBatch(connection: Connection, row: number): boolean {
  return connection.prepare("DELETE FROM batches WHERE id = ?").run(row) > 0;
}

/** Returns whether the batch still existed. */
export function rejectBatch(connection: Connection, row: number, reason: string): boolean {
  return connection.prepare("UPDATE batches SET rejected = ? WHERE id = ?").run(reason, row) > 0;
}

const toName = (row: Row): BatchName => ({
  batchId: String(row["batch_id"]),
  generatedAt: Number(row["generated_at"]),
});

/** Returns the batches that a server rejected; with `beforeMs`, only those generated before. */
export function rejectedBatches(connection: Connection, beforeMs = Number.MAX_SAFE_INTEGER): readonly BatchName[] {
  return connection
    .prepare("SELECT batch_id, generated_at FROM batches WHERE rejected IS NOT NULL AND generated_at < ?")
    .all(beforeMs)
    .map(toName);
}

export function countRejected(connection: Connection): number {
  return Number(connection.prepare("SELECT count(*) n FROM batches WHERE rejected IS NOT NULL").get()?.["n"]);
}

/** Deletes rejected batches that were generated before a time. */
export function deleteRejected(connection: Connection, beforeMs: number): void {
  connection.prepare("DELETE FROM batches WHERE rejected IS NOT NULL AND generated_at < ?").run(beforeMs);
}

export function deleteAllBatches(connection: Connection): void {
  connection.exec("DELETE FROM batches");
}

/** Returns the name and the last key of each pending batch. */
export function pendingNames(connection: Connection): readonly (BatchName & { readonly lastKey: number })[] {
  return connection
    .prepare("SELECT batch_id, generated_at, keys FROM batches WHERE rejected IS NULL ORDER BY id")
    .all()
    .map((row) => ({ ...toName(row), lastKey: keysOf(row["keys"]).at(-1) ?? 0 }));
}

/** Returns the exact body of a batch; `undefined` if there is no such batch. */
export function readBatchBody(connection: Connection, batchId: string): Buffer | undefined {
  return decompress(connection.prepare("SELECT body FROM batches WHERE batch_id = ?").get(batchId)?.["body"]);
}

/** Makes rejected batches pending again. */
export function requeueRejected(connection: Connection): void {
  connection.exec("UPDATE batches SET rejected = NULL");
}

/**
 * Deletes the pending batches after the server refused one of them, and returns their names and the cursor from which their events
 * are collected again; `undefined` if another one was tried before and may have arrived.
 */
export function withdrawPending(
  connection: Connection,
  refused: PendingBatch,
): { readonly names: readonly BatchName[]; readonly cursorId: number } | undefined {
  const others = "rejected IS NULL AND id <> ?";
  const tried = connection.prepare(`SELECT 1 FROM batches WHERE ${others} AND attempts > 0`).get(refused.row);
  if (tried !== undefined) return undefined;
  const first = connection.prepare(`SELECT min(first_key) n FROM batches WHERE rejected IS NULL`).get();
  const names = pendingNames(connection);
  connection.exec("DELETE FROM batches WHERE rejected IS NULL");
  return { names, cursorId: Number(first?.["n"]) - 1 };
}

/**
 * Deletes all batches as part of an erasure. Events of batches that were never tried are collected
 * again: their cursor is returned. A batch that was tried may have arrived and is not built again.
 */
export function withdrawBatches(connection: Connection): { readonly cursorId: number } | undefined {
  const first = connection
    .prepare("SELECT keys FROM batches WHERE rejected IS NULL AND attempts = 0 ORDER BY first_key")
    .get();
  deleteAllBatches(connection);
  const key = first === undefined ? undefined : keysOf(first["keys"])[0];
  return key === undefined ? undefined : { cursorId: key - 1 };
}
