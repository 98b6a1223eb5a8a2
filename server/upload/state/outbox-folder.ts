/**
 * The outbox folder: one file per pending batch, `usage-batch-<ts>-<id>.json` (usage aggregation,
 * "Upload Pipeline"), for the user to read. Files are written from the rows and never read for
 * sending: an edited or foreign file is quarantined and reported.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile, temporarySuffix } from "../../files/atomic-write.ts";
import { makeFolder, refuseUnsafe } from "../../files/ownership.ts";
import type { Connection } from "../../store/driver/driver.ts";
import type { Batch } from "../wire/batch.ts";
import { type BatchName, pendingNames, readBatchBody } from "./batches.ts";

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** A file in the folder that is foreign or was modified. */
export interface QuarantinedFile {
  readonly name: string;
  readonly reason: string;
}

const fileName = /^usage-batch-(\d{1,16})-([0-9a-f-]{36})\.json$/;
/** A batch, or the reason why it was rejected. */
const batchFile = /^usage-batch-\d{1,16}-[0-9a-f-]{36}(?:\.json|\.reason\.txt)$/;
const rejectedFolder = "rejected";
const quarantineFolder = "foreign";

export class OutboxFolder {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  pathOf({ generatedAt, batchId }: BatchName): string {
    return join(this.folder, `usage-batch-${generatedAt}-${batchId}.json`);
  }

  /** @throws the file system's error. */
  write({ generatedAt, batchId, body }: BatchName & Pick<Batch, "body">): void {
    replaceFile(this.pathOf({ generatedAt, batchId }), body);
  }

  async remove(batch: BatchName): Promise<void> {
    await rm(this.pathOf(batch), { force: true });
  }

  /** Moves a rejected batch to `rejected/`, with the reason in a file of its own. */
  reject(batch: Batch, reason: string): void {
    refuseUnsafe(join(this.folder, rejectedFolder));
    const target = this.#rejectedPath(batch);
    replaceFile(`${target}.json`, batch.body);
    replaceFile(`${target}.reason.txt`, `${reason}\n`);
    rmSync(this.pathOf(batch), { force: true });
  }

  /** Removes the files of a rejected batch. */
  forget(batch: BatchName): void {
    const target = this.#rejectedPath(batch);
    for (const path of [`${target}.json`, `${target}.reason.txt`]) rmSync(path, { force: true });
  }

  #rejectedPath({ generatedAt, batchId }: BatchName): string {
    return join(this.folder, rejectedFolder, `usage-batch-${generatedAt}-${batchId}`);
  }

  /**
   * Makes the folder match the rows: writes missing files, removes sent ones, quarantines foreign
   * and modified ones.
   * @throws the file system's error.
   */
  reconcile(connection: Connection, wasOurs: (batchId: string) => boolean): readonly QuarantinedFile[] {
    const pending = pendingNames(connection);
    const expected = new Map(pending.map(({ batchId, generatedAt }) => [batchId, generatedAt]));
    const quarantined = this.#quarantineForeign(connection, expected, wasOurs);
    for (const { batchId, generatedAt } of pending) {
      if (existsSync(this.pathOf({ batchId, generatedAt }))) continue;
      const body = readBatchBody(connection, batchId);
      if (body !== undefined) this.write({ batchId, generatedAt, body });
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
    for (const entry of readdirSync(this.folder, { withFileTypes: true })) {
      const { name } = entry;
      if (!entry.isFile()) continue;
      const path = join(this.folder, name);
      const [, ts, id = ""] = fileName.exec(name) ?? [];
      if (name.includes(temporarySuffix)) rmSync(path, { force: true });
      else if (ts === undefined || expected.get(id) !== Number(ts)) {
        // The file of a batch that was sent is a leftover of a crash.
        if (ts !== undefined && wasOurs(id)) rmSync(path, { force: true });
        else quarantined.push(this.#quarantine(name, "not created by Nexus Telemetry"));
      } else {
        const body = readBatchBody(connection, id);
        const isUnchanged = body !== undefined && digest(readFileSync(path)) === digest(body);
        if (!isUnchanged) quarantined.push(this.#quarantine(name, "modified; the original batch will be sent"));
      }
    }
    return quarantined;
  }

  #quarantine(name: string, reason: string): QuarantinedFile {
    const folder = join(this.folder, quarantineFolder);
    makeFolder(folder);
    refuseUnsafe(folder);
    renameSync(join(this.folder, name), join(folder, name));
    return { name, reason };
  }

  /** Returns the highest key of the pending batches that have a file; 0 if none has. */
  newestKey(connection: Connection): number {
    const withFile = pendingNames(connection).filter((batch) => existsSync(this.pathOf(batch)));
    return Math.max(0, ...withFile.map(({ lastKey }) => lastKey));
  }

  /** Removes every batch, for a withdrawal of consent and for a purge. */
  empty(): void {
    for (const folder of [this.folder, join(this.folder, rejectedFolder), join(this.folder, quarantineFolder)])
      emptyFolder(folder);
  }
}

/** Removes batches with their reasons. A variable can name a folder in which others keep files: theirs stay. */
function emptyFolder(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (batchFile.test(name) || name.includes(temporarySuffix)) rmSync(join(folder, name), { force: true });
  }
}
