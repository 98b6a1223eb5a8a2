/**
 * Erases pseudonyms: deletes their data from the log, the raw events and the totals computed from
 * them. The registry row keeps a digest, for the signed receipt. Pending erasures run in groups,
 * with one mutation per table, concurrently with inserts.
 */
import type { NotApplied } from "../aggregates/aggregates.ts";
import { dayOf, type Hour, monthOf } from "../hours.ts";
import type { BatchReceiver } from "../ingest/batch-receiver.ts";
import type { ErasureRequests } from "../ingest/context.ts";
import type { Erased, Installation } from "../ingest/installation.ts";
import type { Found, Registry } from "../ingest/registry.ts";
import { logEvent } from "../logger.ts";
import type { ServerMetrics } from "../metrics.ts";
import { backoffMs, pause } from "../pause.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { Warehouse } from "../warehouse/warehouse.ts";

/**
 * Milliseconds to wait for further requests, and the pause after a run as a multiple of its
 * duration (for inserts).
 */
const [gatherMs, pauseFactor] = [200, 1];
/** Maximum erasures per run: ClickHouse limits the length of a parameter. */
const maxPerRun = 400;
/** Pause after a failure in milliseconds, doubled up to one minute. */
const [firstPauseMs, maxPauseMs] = [1_000, 60_000];

export interface ErasureParts {
  readonly registry: Registry;
  readonly receiver: BatchReceiver;
  readonly pipeline: Pipeline;
  readonly warehouse: Warehouse;
  readonly watch: ServerMetrics;
  readonly now: () => number;
}

/**
 * Engines keep the text of mutations for a while, so conditions use digests (as `digestOf` does),
 * not pseudonyms.
 */
const isErasedUser = "lower(hex(SHA256(concat('nexus erased ', toString(anon_user_id))))) IN {digests:Array(String)}";

export class Erasures implements ErasureRequests {
  readonly #parts: ErasureParts;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(parts: ErasureParts) {
    this.#parts = parts;
  }

  /** Resumes erasures that a crash interrupted. */
  start(): void {
    if (this.#parts.registry.waiting.length > 0) this.#begin();
  }

  /**
   * Requests an erasure; nothing of the pseudonym is accepted afterwards. Resolves when durable.
   * @throws the database's error.
   */
  async request(anonUserId: string): Promise<Installation> {
    const { registry, now } = this.#parts;
    const installation = await registry.requestErasure(anonUserId, now());
    if (installation === undefined) throw new Error("the installation expired");
    const { erasure } = installation;
    if (erasure === "waiting") this.#begin();
    else if (erasure !== "none") this.#logErasures(erasure.events, 1);
    return installation;
  }

  /**
   * Returns the receipt, always the same text. It names the pseudonym, which is not stored
   * anywhere.
   */
  receiptOf(anonUserId: string, { events, erasedMs, notApplied }: Erased): string {
    const isComplete = notApplied.days.length + notApplied.months.length === 0;
    return this.#parts.registry.signed({
      anon_user_id: anonUserId,
      erased: events,
      erased_at: erasedMs,
      // Part of the signed text, which must stay the same for repeated requests.
      kept: "hourly, daily and monthly totals without ids, older than 89 days",
      // Final totals that still count events of the pseudonym.
      ...(isComplete ? {} : { not_applied: notApplied }),
    });
  }

  /** Stops after the current run. Pending erasures continue at the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** Resolves when no erasure is pending. */
  async whenIdle(): Promise<void> {
    await this.#running;
  }

  #begin(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      // Race: a request may have arrived after the last check of the loop.
      if (this.#parts.registry.waiting.length > 0 && !this.#stopping.signal.aborted) this.#begin();
    });
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    await pause(gatherMs, signal);
    let groupSize = maxPerRun;
    for (let failures = 0; !signal.aborted; ) {
      const { waiting } = this.#parts.registry;
      if (waiting.length === 0) return;
      // After a failure, try a different, smaller group, so that one failing erasure does not block
      // the others.
      const start = (failures * groupSize) % waiting.length;
      const digests = [...waiting.slice(start), ...waiting.slice(0, start)].slice(0, groupSize);
      const startedMs = performance.now();
      try {
        await this.#erase(digests);
        [failures, groupSize] = [0, Math.min(maxPerRun, groupSize * 2)];
        await pause((performance.now() - startedMs) * pauseFactor, signal);
      } catch (error) {
        // Retried: the registry keeps the pending erasures.
        logEvent({ event: "erasure_failed", error });
        await pause(backoffMs(failures, firstPauseMs, maxPauseMs), signal);
        [failures, groupSize] = [failures + 1, Math.max(1, Math.floor(groupSize / 2))];
      }
    }
  }

  async #erase(digests: readonly string[]): Promise<void> {
    const { registry, receiver, pipeline, warehouse, now } = this.#parts;
    // Batches that were being received when the erasure was requested are in the log after this.
    await receiver.whenIdle();
    await pipeline.emptyLog();
    const found = await registry.saveFound(await this.#find(digests));
    for (const table of ["events", "batches", "session_hours"]) await warehouse.erase(table, isErasedUser, { digests });
    pipeline.dataChanged();
    const final = await pipeline.recomputeErased([...new Set(found.flatMap(({ hours }) => hours))]);
    // After the recomputation: one that ran meanwhile may have found the user in old cells.
    await warehouse.erase("users", isErasedUser, { digests });
    pipeline.dataChanged();
    await pipeline.reduceOldHours();
    const completed = found.map(({ digest, hours }) => ({ digest, notApplied: notAppliedTo(hours, final) }));
    await registry.completeErasures(completed, now());
    await pipeline.forgetDropped(digests);
    this.#logErasures(
      found.reduce((sum, { events }) => sum + events, 0),
      found.length,
    );
  }

  #logErasures(events: number, erasures: number): void {
    this.#parts.watch.erased(events, erasures);
    logEvent({ event: "erased", events, erasures });
  }

  /** Finds hours and number of events per digest, including digests without events. */
  async #find(digests: readonly string[]): Promise<readonly Found[]> {
    const { warehouse, pipeline } = this.#parts;
    const rows = await warehouse.query<{ digest: string; hour: number; n: string }>(
      `SELECT lower(hex(SHA256(concat('nexus erased ', toString(anon_user_id))))) AS digest,
         toUInt32(toStartOfHour(toDateTime(ts, 'UTC'))) AS hour, uniqExact(event_id) AS n
       FROM events WHERE ${isErasedUser} GROUP BY digest, hour`,
      { digests },
    );
    const byDigest = new Map(digests.map((digest) => [digest, [] as (typeof rows)[number][]]));
    for (const row of rows) byDigest.get(row.digest)?.push(row);
    return digests.map((digest) => {
      const hours = byDigest.get(digest) ?? [];
      return {
        digest,
        hours: hours.map(({ hour }) => Number(hour)),
        // Includes accepted events that were dropped before the insert.
        events: hours.reduce((sum, { n }) => sum + Number(n), 0) + pipeline.droppedOf(digest),
      };
    });
  }
}

/** Returns the final days and months that contain the hours. */
function notAppliedTo(hours: readonly Hour[], { days, months }: NotApplied): NotApplied {
  const buckets = new Set(hours.flatMap((hour) => [`day ${dayOf(hour * 1_000)}`, `month ${monthOf(hour * 1_000)}`]));
  return {
    days: days.filter((day) => buckets.has(`day ${day}`)),
    months: months.filter((month) => buckets.has(`month ${month}`)),
  };
}
