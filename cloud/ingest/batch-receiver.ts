/** Takes batches: judges each event, writes what is good into the log, and answers with a signed receipt once that is durable. */
import { createHash } from "node:crypto";
import type { Hour } from "../hours.ts";
import { type RefusedRow, recordText } from "../log/batch-record.ts";
import type { DurableLog } from "../log/durable-log.ts";
import type { ServerMetrics } from "../metrics.ts";
import { checkEvent, type Frame, type RefusedEvent } from "../privacy/filter.ts";
import { toEventRow } from "../warehouse/event-row.ts";
import { type Installation, isEstablished } from "./installation.ts";
import type { Registry } from "./registry.ts";

/** So far ahead of this server's clock a batch may say that it was made. Milliseconds. */
export const maxAheadMs = 60 * 60 * 1000;
/** How many refusals a receipt names. */
const maxReasons = 24;
/** So long, and so many, batches are known by heart; others are looked up. */
export const [knownMs, maxKnownBatches] = [24 * 60 * 60 * 1000, 50_000];

export interface KnownBatch {
  readonly sha256: string;
  readonly answer: string;
  readonly receivedMs: number;
}

/** Looks up a batch that is not in memory. Batch IDs belong to a pseudonym, so that they cannot be squatted. */
export type FindBatch = (anonUserId: string, batchId: string) => Promise<KnownBatch | undefined>;

export type ReceiveResult =
  | { readonly type: "accepted" | "repeated"; readonly answer: string }
  /** The same id came with other bytes. */
  | { readonly type: "other_bytes" }
  /** Its pseudonym was erased in between. */
  | { readonly type: "erased" };

const keyOf = (anonUserId: string, batchId: string): string => `${anonUserId} ${batchId}`;

/** Which version sent an event, where it says. */
const versionOf = (event: unknown): unknown => Object(Object(event).source).version;

/** The sender's own firewall should have kept it. */
const isLeak = ({ reason }: RefusedEvent): boolean =>
  reason === "scanner" || reason === "command_not_public" || reason === "unknown_field";

export class BatchReceiver {
  readonly #log: DurableLog;
  readonly #registry: Registry;
  readonly #watch: ServerMetrics;
  readonly #findBatch: FindBatch;
  readonly #known = new Map<string, KnownBatch>();
  /** Of all that came since then every batch is known by heart. Milliseconds since 1970. */
  #completeSinceMs: number;
  readonly #underWay = new Map<string, Promise<ReceiveResult>>();

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

  /** A batch that was received before this process began. */
  remember(anonUserId: string, batchId: string, known: KnownBatch): void {
    this.#known.set(keyOf(anonUserId, batchId), known);
    this.#forgetOld(known.receivedMs);
  }

  /** @throws the log's error: then nothing was accepted. */
  receive(frame: Frame, body: Buffer, nowMs: number, installation: Installation): Promise<ReceiveResult> {
    const id = keyOf(frame.anon_user_id, frame.batch_id);
    // Two at once of one batch: the second waits for what becomes of the first.
    const before = this.#underWay.get(id);
    const result = (before ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => this.#receive(frame, body, nowMs, isEstablished(installation, nowMs)))
      .finally(() => {
        if (this.#underWay.get(id) === result) this.#underWay.delete(id);
      });
    this.#underWay.set(id, result);
    return result;
  }

  /** Resolves when nothing that was being received at this moment is any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay.values());
  }

  async #receive(frame: Frame, body: Buffer, nowMs: number, established: boolean): Promise<ReceiveResult> {
    const { batch_id, anon_user_id, events } = frame;
    const key = keyOf(anon_user_id, batch_id);
    const sha256 = createHash("sha256").update(body).digest("hex");
    const known = this.#known.get(key) ?? (await this.#older(frame));
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
      const bad = "reason" in verdict;
      const became = bad ? (isLeak(verdict as RefusedEvent) ? "leaked" : "refused") : "taken";
      this.#watch.alarm.count(versionOf(event), became, nowMs);
      if (bad) {
        // Of its place in the batch, not of itself: nothing that could be guessed.
        refused.push({
          index,
          ...(verdict as RefusedEvent),
          digest: this.#registry.erasedUserDigest(`${sha256} ${index}`),
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
        : { rejections: refused.slice(0, maxReasons).map(({ digest: _, ...named }) => named) }),
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
    // Asked once more: whoever was erased since the request began is in no log after it was emptied.
    if (this.#registry.isErased(anon_user_id)) return { type: "erased" };
    await this.#log.append(anon_user_id, recordText({ head, lines }));
    this.#forgetOld(nowMs);
    this.#known.set(key, { sha256, answer, receivedMs: nowMs });
    this.#watch.accepted(lines.length);
    for (const one of refused) this.#watch.refused(one);
    return { type: "accepted", answer };
  }

  /** What was made after the time since which all is known cannot have come before it; clocks are off by an hour at most. */
  async #older({ anon_user_id, batch_id, generated_at: generatedMs }: Frame): Promise<KnownBatch | undefined> {
    return generatedMs > this.#completeSinceMs + maxAheadMs ? undefined : this.#findBatch(anon_user_id, batch_id);
  }

  /** In the order in which they came. */
  #forgetOld(nowMs: number): void {
    for (const [id, { receivedMs }] of this.#known) {
      if (receivedMs > nowMs - knownMs && this.#known.size <= maxKnownBatches) return;
      this.#known.delete(id);
      this.#completeSinceMs = Math.max(this.#completeSinceMs, receivedMs);
    }
  }
}
