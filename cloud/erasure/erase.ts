/**
 * Erasures: all that a pseudonym sent goes from the log, the raw events and the totals made of them, and its row in the registry ends as a
 * digest. Those that wait are done together, with one mutation of each table, beside the inserts; then comes a signed receipt.
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

/** Milliseconds that an erasure waits for others, and the pause after a run as a multiple of its time, so that inserts get their share. */
const [gatherMs, pauseParts] = [200, 1];
/** Erasures in one run: ClickHouse limits the length of a parameter. */
const maxTogether = 400;
/** Milliseconds after a failure, doubled up to a minute. */
const [firstPauseMs, maxPauseMs] = [1_000, 60_000];

export interface ErasureParts {
  readonly registry: Registry;
  readonly receiver: BatchReceiver;
  readonly pipeline: Pipeline;
  readonly warehouse: Warehouse;
  readonly watch: ServerMetrics;
  readonly now: () => number;
}

/** Engines keep the texts of deletions for a while: they name digests, computed as `digestOf` does. */
const own = "lower(hex(SHA256(concat('nexus erased ', toString(anon_user_id))))) IN {digests:Array(String)}";

export class Erasures implements ErasureRequests {
  readonly #parts: ErasureParts;
  readonly #ending = new AbortController();
  #running: Promise<void> | undefined;

  constructor(parts: ErasureParts) {
    this.#parts = parts;
  }

  /** Goes on with those that a crash interrupted. */
  start(): void {
    if (this.#parts.registry.waiting.length > 0) this.#begin();
  }

  /** From here on nothing of the pseudonym is accepted. Resolves once that is on the disk. @throws the database's error. */
  async request(anonUserId: string): Promise<Installation> {
    const { registry, now } = this.#parts;
    const known = await registry.requestErasure(anonUserId, now());
    if (known === undefined) throw new Error("the installation is gone");
    if (known.erasure === "waiting") this.#begin();
    else if (known.erasure !== "none") this.#logErasures(known.erasure.events, 1);
    return known;
  }

  /** The text of the receipt, each time the same: it names the pseudonym, which nothing that is kept does. */
  receiptOf(anonUserId: string, { events, erasedMs, notApplied }: Erased): string {
    const isAll = notApplied.days.length + notApplied.months.length === 0;
    return this.#parts.registry.signed({
      anon_user_id: anonUserId,
      erased: events,
      erased_at: erasedMs,
      // Numbers without ids, of hours whose raw events are gone.
      kept: "hourly, daily and monthly totals without ids, older than 89 days",
      // Totals that were final already and in which events of it count.
      ...(isAll ? {} : { not_applied: notApplied }),
    });
  }

  /** Ends after what is under way; what waits goes on with the next start. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  /** Resolves when none waits. */
  async settled(): Promise<void> {
    await this.#running;
  }

  #begin(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      // One may have come at the very end.
      if (this.#parts.registry.waiting.length > 0 && !this.#ending.signal.aborted) this.#begin();
    });
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    await pause(gatherMs, signal);
    let together = maxTogether;
    for (let failures = 0; !signal.aborted; ) {
      const { waiting } = this.#parts.registry;
      if (waiting.length === 0) return;
      // After a failure another, smaller group: one that cannot be erased holds up no others.
      const start = (failures * together) % waiting.length;
      const digests = [...waiting.slice(start), ...waiting.slice(0, start)].slice(0, together);
      const startedMs = performance.now();
      try {
        await this.#erase(digests);
        [failures, together] = [0, Math.min(maxTogether, together * 2)];
        await pause((performance.now() - startedMs) * pauseParts, signal);
      } catch (error) {
        // The log names the failure, and nothing of it is lost: the registry knows whom it is about.
        logEvent({ event: "erasure_failed", error });
        await pause(backoffMs(failures, firstPauseMs, maxPauseMs), signal);
        [failures, together] = [failures + 1, Math.max(1, Math.floor(together / 2))];
      }
    }
  }

  async #erase(digests: readonly string[]): Promise<void> {
    const { registry, receiver, pipeline, warehouse, now } = this.#parts;
    // What was being accepted when the erasure was requested is in the log after this.
    await receiver.settled();
    await pipeline.emptyLog();
    const found = await registry.saveFound(await this.#find(digests));
    await warehouse.erase("events", own, { digests });
    await warehouse.erase("batches", own, { digests });
    const final = await pipeline.recomputeErased([...new Set(found.flatMap(({ hours }) => hours))]);
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

  /** Hours and events of each, also of those without any. */
  async #find(digests: readonly string[]): Promise<readonly Found[]> {
    const { warehouse, pipeline } = this.#parts;
    const rows = await warehouse.query<{ digest: string; hour: number; n: string }>(
      `SELECT lower(hex(SHA256(concat('nexus erased ', toString(anon_user_id))))) AS digest,
         toUInt32(toStartOfHour(toDateTime(ts, 'UTC'))) AS hour, uniqExact(event_id) AS n
       FROM events WHERE ${own} GROUP BY digest, hour`,
      { digests },
    );
    const byDigest = new Map(digests.map((digest) => [digest, [] as (typeof rows)[number][]]));
    for (const row of rows) byDigest.get(row.digest)?.push(row);
    return digests.map((digest) => {
      const hours = byDigest.get(digest) ?? [];
      return {
        digest,
        hours: hours.map(({ hour }) => Number(hour)),
        // What was accepted just before, and never went in, is erased as well.
        events: hours.reduce((sum, { n }) => sum + Number(n), 0) + pipeline.droppedOf(digest),
      };
    });
  }
}

/** Of final days and months those in which the hours lie. */
function notAppliedTo(hours: readonly Hour[], { days, months }: NotApplied): NotApplied {
  const own = new Set(hours.flatMap((hour) => [`day ${dayOf(hour * 1_000)}`, `month ${monthOf(hour * 1_000)}`]));
  return {
    days: days.filter((day) => own.has(`day ${day}`)),
    months: months.filter((month) => own.has(`month ${month}`)),
  };
}
