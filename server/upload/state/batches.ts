/**
 * What waits to be sent: rows of `batches`, and one file each in the outbox folder, for the user to look at:
 * `usage-batch-<ts>-<id>.json` (usage aggregation, "Upload Pipeline"). The files are written from the rows and are never
 * read for sending: one that was edited, cut or put there by somebody else is set aside and reported.
 */

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile, temporarySuffix } from "../../files/atomic-write.ts";
import { makeFolder, refuseUnsafe } from "../../files/ownership.ts";
import type { Connection, Row } from "../../store/driver/driver.ts";
import type { Batch } from "../wire/batch.ts";
import { type Compressed, compress, decompress } from "../wire/compression.ts";

export interface PendingBatch extends Batch {
  readonly packed: Compressed;
  readonly row: number;
  readonly attempts: number;
}

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Differences instead of keys: a thousand of them take two kilobytes. */
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

function toWaiting(row: Row): PendingBatch {
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

/** The batch that is to be sent next. */
export function nextPending(connection: Connection): PendingBatch | undefined {
  const row = connection.prepare("SELECT * FROM batches WHERE rejected IS NULL ORDER BY first_key LIMIT 1").get();
  return row === undefined ? undefined : toWaiting(row);
}

export function countPendingEvents(connection: Connection): number {
  return Number(connection.prepare("SELECT total(events) n FROM batches WHERE rejected IS NULL").get()?.["n"] ?? 0);
}

/** Returns whether the batch is still there. */
export function countAttempt(connection: Connection, row: number): boolean {
  return connection.prepare("UPDATE batches SET attempts = attempts + 1 WHERE id = ?").run(row) > 0;
}

export function removeBatch(connection: Connection, row: number): void {
  connection.prepare("DELETE FROM batches WHERE id = ?").run(row);
}

export function rejectBatch(connection: Connection, row: number, reason: string): void {
  connection.prepare("UPDATE batches SET rejected = ? WHERE id = ?").run(reason, row);
}

/** The batches that a server refused. */
export function rejectedBatches(connection: Connection): readonly Pick<Batch, "batchId" | "generatedAt">[] {
  return connection
    .prepare("SELECT batch_id, generated_at FROM batches WHERE rejected IS NOT NULL")
    .all()
    .map((row) => ({ batchId: String(row["batch_id"]), generatedAt: Number(row["generated_at"]) }));
}

/** Refused batches wait again, because the user asked. */
export function requeueRejected(connection: Connection): void {
  connection.exec("UPDATE batches SET rejected = NULL");
}

/**
 * An erasure takes what waits with it. What was not tried yet is gathered again from what is left: the place for the
 * cursor is returned. What was tried may have arrived and is not made again.
 */
export function withdrawBatches(connection: Connection): { readonly cursorId: number } | undefined {
  const first = connection
    .prepare("SELECT keys FROM batches WHERE rejected IS NULL AND attempts = 0 ORDER BY first_key")
    .get();
  connection.exec("DELETE FROM batches");
  const key = first === undefined ? undefined : keysOf(first["keys"])[0];
  return key === undefined ? undefined : { cursorId: key - 1 };
}

/** What was found in the folder and is not ours, or was changed. */
export interface QuarantinedFile {
  readonly name: string;
  readonly reason: string;
}

const ours = /^usage-batch-(\d{1,16})-([0-9a-f-]{36})\.json$/;
const rejectedFolder = "rejected";

export class OutboxFolder {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  pathOf({ generatedAt, batchId }: Pick<Batch, "generatedAt" | "batchId">): string {
    return join(this.folder, `usage-batch-${generatedAt}-${batchId}.json`);
  }

  write(batch: Batch): void {
    replaceFile(this.pathOf(batch), batch.body);
  }

  async remove(batch: Pick<Batch, "generatedAt" | "batchId">): Promise<void> {
    await rm(this.pathOf(batch), { force: true });
  }

  /** Keeps a refused batch, with the reason beside it. */
  reject(batch: Batch, reason: string): void {
    refuseUnsafe(join(this.folder, rejectedFolder));
    const target = this.#rejectedPath(batch);
    replaceFile(`${target}.json`, batch.body);
    replaceFile(`${target}.reason.txt`, `${reason}\n`);
    rmSync(this.pathOf(batch), { force: true });
  }

  /** Removes a refused batch. */
  forget(batch: Pick<Batch, "generatedAt" | "batchId">): void {
    const target = this.#rejectedPath(batch);
    for (const path of [`${target}.json`, `${target}.reason.txt`]) rmSync(path, { force: true });
  }

  #rejectedPath({ generatedAt, batchId }: Pick<Batch, "generatedAt" | "batchId">): string {
    return join(this.folder, rejectedFolder, `usage-batch-${generatedAt}-${batchId}`);
  }

  /**
   * Makes the folder what the rows say: writes what is missing, removes what was sent, and sets aside what was changed or is not
   * ours.
   */
  reconcile(connection: Connection, wasOurs: (batchId: string) => boolean): readonly QuarantinedFile[] {
    const rows = connection.prepare("SELECT batch_id, generated_at, rejected FROM batches ORDER BY id").all();
    const expected = new Map(
      rows
        .filter(({ rejected }) => rejected === null)
        .map((row) => [String(row["batch_id"]), Number(row["generated_at"])]),
    );
    const quarantined = this.#quarantineForeign(connection, expected, wasOurs);
    for (const [batchId, generatedAt] of expected) {
      if (existsSync(this.pathOf({ batchId, generatedAt }))) continue;
      const row = connection.prepare("SELECT * FROM batches WHERE batch_id = ?").get(batchId);
      if (row !== undefined) this.write(toWaiting(row));
    }
    return quarantined;
  }

  #quarantineForeign(
    connection: Connection,
    expected: ReadonlyMap<string, number>,
    wasOurs: (batchId: string) => boolean,
  ): readonly QuarantinedFile[] {
    if (!existsSync(this.folder)) return [];
    const quarantined: QuarantinedFile[] = [];
    const bodyOf = connection.prepare("SELECT body FROM batches WHERE batch_id = ?");
    for (const entry of readdirSync(this.folder, { withFileTypes: true })) {
      const { name } = entry;
      if (!entry.isFile()) continue;
      const path = join(this.folder, name);
      if (name.includes(temporarySuffix)) {
        rmSync(path, { force: true });
        continue;
      }
      const [, ts, id = ""] = ours.exec(name) ?? [];
      if (ts === undefined) {
        quarantined.push(this.#quarantine(name, "it is not one of ours"));
        continue;
      }
      if (expected.get(id) !== Number(ts)) {
        // Left over from a batch that was sent; or somebody else's.
        if (wasOurs(id)) rmSync(path, { force: true });
        else quarantined.push(this.#quarantine(name, "it is not one of ours"));
        continue;
      }
      const body = decompress(bodyOf.get(id)?.["body"]);
      const same = body !== undefined && digest(readFileSync(path)) === digest(body);
      if (!same) quarantined.push(this.#quarantine(name, "it was changed; the batch is sent as it was"));
    }
    return quarantined;
  }

  #quarantine(name: string, reason: string): QuarantinedFile {
    const folder = join(this.folder, "foreign");
    makeFolder(folder);
    refuseUnsafe(folder);
    renameSync(join(this.folder, name), join(folder, name));
    return { name, reason };
  }

  /** The highest key of the waiting batches of which there is a file. */
  newestKey(connection: Connection): number {
    const rows = connection.prepare("SELECT batch_id, generated_at, keys FROM batches WHERE rejected IS NULL").all();
    const there = rows.filter((row) =>
      existsSync(this.pathOf({ batchId: String(row["batch_id"]), generatedAt: Number(row["generated_at"]) })),
    );
    return Math.max(0, ...there.map((row) => keysOf(row["keys"]).at(-1) ?? 0));
  }

  /** For opting out and for a purge: nothing that was to be sent stays. */
  empty(): void {
    if (!existsSync(this.folder)) return;
    for (const name of readdirSync(this.folder)) {
      if (ours.test(name) || name.includes(temporarySuffix)) rmSync(join(this.folder, name), { force: true });
    }
    rmSync(join(this.folder, rejectedFolder), { recursive: true, force: true });
    rmSync(join(this.folder, "foreign"), { recursive: true, force: true });
  }
}
