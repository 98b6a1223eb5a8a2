/**
 * Checks each event of a batch, appends accepted ones to the durable log, and returns a signed
 * receipt.
 */

import { createHash } from "node:crypto";
import { dayMs, hourMs } from "../../shared/schema/durations.ts";
import type { Hour } from "../hours.ts";
import { type RefusedRow, recordText } from "../log/batch-record.ts";
import type { DurableLog } from "../log/durable-log.ts";
import type { ServerMetrics } from "../metrics.ts";
import { checkEvent, type Frame, type RefusedEvent } from "../privacy/filter.ts";
import { toEventRow } from "../warehouse/event-row.ts";
import { type Installation, isEstablished } from "./installation.ts";
import type { Registry } from "./registry.ts";

/** Maximum that `generated_at` may be ahead of this server's clock. Milliseconds. */
export const maxAheadMs = hourMs;
/** Maximum number of refused events that a receipt lists. */
const maxReasons = 24;
/**
 * Maximum age (milliseconds) and number of batches in memory; others are looked up in the
 * warehouse.
 */
export const [knownMs, maxKnownBatches] = [dayMs, 50_000];

export interface KnownBatch {
  readonly sha256: string;
  readonly answer: string;
  readonly receivedMs: number;
}

/**
 * Looks up a batch that is not in memory. Batch IDs are scoped by pseudonym, so no other pseudonym can
 * occupy one.
 */
export type FindBatch = (anonUserId: string, batchId: string) => Promise<KnownBatch | undefined>;

export type ReceiveResult =
  | { readonly type: "accepted" | "repeated"; readonly answer: string }
  /** A different batch with this ID was received. */
  | { readonly type: "other_bytes" }
  /** The pseudonym was erased while the batch was checked. */
  | { readonly type: "erased" };

const keyOf = (anonUserId: string, batchId: string): string => `${anonUserId} ${batchId}`;

const versionOf = (event: unknown): unknown => Object(Object(event).source).version;

/** The client's firewall should have blocked such an event. */
const isLeak = ({ reason }: RefusedEvent): boolean =>
  reason === "scanner" || reason === "command_not_public" || reason === "unknown_field";

export class BatchReceiver {
  readonly #log: DurableLog;
  readonly #registry: Registry;
  readonly #watch: ServerMetrics;
  readonly #findBatch: FindBatch;
  readonly #known = new Map<string, KnownBatch>();
  /** All batches received since then are in `#known`. Milliseconds since 1970. */
  #completeSinceMs: number;
  readonly #inProgress = new Map<string, Promise<ReceiveResult>>();

  constructor(
    log: DurableLog,
    registry: Registry,
    watch: ServerMetrics,
    findBatch: FindBatch,
    completeSinceMs: number,
  ) {
    this.#log = log;
    this.#registry = registry;
    this.#watch = watch;
    this.#findBatch = findBatch;
    this.#completeSinceMs = completeSinceMs;
  }

  /** Adds a batch that was received before this process started. */
  remember(anonUserId: string, batchId: string, known: KnownBatch): void {
    this.#known.set(keyOf(anonUserId, batchId), known);
    this.#forgetOld(known.receivedMs);
  }

  /** Receives a batch. @throws the log's error; nothing was accepted then. */
  receive(frame: Frame, body: Buffer, nowMs: number, installation: Installation): Promise<ReceiveResult> {
    const id = keyOf(frame.anon_user_id, frame.batch_id);
    // A concurrent repetition of a batch waits for the first one and gets its receipt.
    const previous = this.#inProgress.get(id);
    const result = (previous ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => this.#receive(frame, body, nowMs, isEstablished(installation, nowMs)))
      .finally(() => {
        if (this.#inProgress.get(id) === result) this.#inProgress.delete(id);
      });
    this.#inProgress.set(id, result);
    return result;
  }

  /** Resolves when all batches that are being received now are done. */
  async whenIdle(): Promise<void> {
    await Promise.allSettled(this.#inProgress.values());
  }

  async #receive(frame: Frame, body: Buffer, nowMs: number, established: boolean): Promise<ReceiveResult> {
    const { batch_id, anon_user_id, events } = frame;
    const key = keyOf(anon_user_id, batch_id);
    const sha256 = createHash("sha256").update(body).digest("hex");
    const known = this.#known.get(key) ?? (await this.#findOlder(frame));
    if (known !== undefined) {
      return known.sha256 === sha256 ? { type: "repeated", answer: known.answer } : { type: "other_bytes" };
    }
    const lines: string[] = [];
    const ids = new Set<string>();
    const hours = new Set<Hour>();
    const columns = new Set<string>();
    const refused: (RefusedRow & { readonly index: number })[] = [];
    for (const [index, event] of events.entries()) {
      const verdict = checkEvent(event, frame, nowMs);
      const isRefused = "reason" in verdict;
      const outcome = isRefused ? (isLeak(verdict as RefusedEvent) ? "leaked" : "refused") : "taken";
      this.#watch.alarm.count(versionOf(event), outcome, nowMs);
      if (isRefused) {
        // The digest covers the position in the batch, not the content, which could be guessed.
        refused.push({
          index,
          ...(verdict as RefusedEvent),
          digest: this.#registry.refusalDigest(`${sha256} ${index}`),
        });
        continue;
      }
      const row = toEventRow(verdict, { anonUserId: anon_user_id, receivedMs: nowMs, established });
      if (ids.has(row.event_id)) continue;
      ids.add(row.event_id);
      hours.add(row.hour);
      for (const column of row.columns) columns.add(column);
      lines.push(row.line);
    }
    const answer = this.#registry.signed({
      batch_id,
      sha256,
      accepted: lines.length,
      duplicates: events.length - lines.length - refused.length,
      rejected: refused.length,
      received_at: nowMs,
      ...(refused.length === 0
        ? {}
        : { rejections: refused.slice(0, maxReasons).map(({ digest: _, ...reason }) => reason) }),
    });
    const head = {
      batch_id,
      anon_user_id,
      sha256,
      receipt: answer,
      received_ms: nowMs,
      hours: [...hours],
      columns: [...columns],
      refused: refused.map(({ index: _, ...row }) => row),
    };
    // Race: an erasure requested since the request began has already emptied the log.
    if (this.#registry.isErased(anon_user_id)) return { type: "erased" };
    await this.#log.append(anon_user_id, recordText({ head, lines }));
    this.#forgetOld(nowMs);
    this.#known.set(key, { sha256, answer, receivedMs: nowMs });
    this.#watch.accepted(lines.length);
    for (const row of refused) this.#watch.refused(row);
    return { type: "accepted", answer };
  }

  /**
   * A batch generated after `#completeSinceMs` (plus the maximum clock error) cannot have been
   * received before it.
   */
  async #findOlder({ anon_user_id, batch_id, generated_at: generatedMs }: Frame): Promise<KnownBatch | undefined> {
    return generatedMs > this.#completeSinceMs + maxAheadMs ? undefined : this.#findBatch(anon_user_id, batch_id);
  }

  /** Batches are in order of arrival, so the loop ends at the first one that stays. */
  #forgetOld(nowMs: number): void {
    for (const [id, { receivedMs }] of this.#known) {
      if (receivedMs > nowMs - knownMs && this.#known.size <= maxKnownBatches) return;
      this.#known.delete(id);
      this.#completeSinceMs = Math.max(this.#completeSinceMs, receivedMs);
    }
  }
}
