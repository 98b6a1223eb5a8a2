/** Erases all that a pseudonym sent: from the log, the raw events, the totals made of them, and what is known of it; with a signed receipt. */
import { digestOf, type Erased, type Registry } from "../ingest/registry.ts";
import { say } from "../log-line.ts";
import type { Watch } from "../metrics.ts";
import type { Pipeline } from "../pipeline.ts";
import { emptyOldStates } from "../warehouse/rollups.ts";
import type { Warehouse } from "../warehouse/warehouse.ts";
import type { UnderWay } from "./under-way.ts";

export class Erasures {
  readonly #registry: Registry;
  readonly #pipeline: Pipeline;
  readonly #warehouse: Warehouse;
  readonly #watch: Watch;
  readonly #underWay: UnderWay;

  constructor(registry: Registry, pipeline: Pipeline, warehouse: Warehouse, watch: Watch, underWay: UnderWay) {
    this.#registry = registry;
    this.#pipeline = pipeline;
    this.#warehouse = warehouse;
    this.#watch = watch;
    this.#underWay = underWay;
  }

  /** Those that a crash interrupted. */
  async resume(): Promise<void> {
    for (const id of this.#registry.erasing) await this.erase(id);
  }

  /** Answers with the receipt; asked twice, with the same one. @throws the store's error: it is done again with the next request, or start. */
  async erase(anonUserId: string): Promise<string> {
    // From here on nothing of it comes in.
    await this.#registry.beginErasure(anonUserId);
    return this.#pipeline.exclusively(async () => {
      const before = this.#registry.erasedBefore(anonUserId);
      if (before !== undefined) return this.receiptOf(anonUserId, before);
      // Engines keep the texts of deletions and of addresses for a while: they name a digest.
      const own = "lower(hex(SHA256(concat('nexus erased ', toString(anon_user_id))))) = {digest:String}";
      const digest = digestOf(anonUserId);
      await this.#pipeline.emptyLog();
      const rows = await this.#warehouse.query<{ hour: number; n: string }>(
        `SELECT toUInt32(toStartOfHour(toDateTime(ts, 'UTC'))) AS hour, uniqExact(event_id) AS n FROM events WHERE ${own} GROUP BY hour`,
        { digest },
      );
      // Written down before they go: whoever goes on after a failure would not find them any more.
      const { hours, count } = await this.#underWay.note(digest, {
        hours: rows.map(({ hour }) => Number(hour)),
        // What was accepted just before, and never went in, is erased as well.
        count: rows.reduce((sum, { n }) => sum + Number(n), 0) + this.#pipeline.takeDropped(anonUserId),
      });
      await this.#warehouse.erase("events", own, { digest });
      await this.#warehouse.erase("batches", own, { digest });
      await this.#pipeline.addUpHours(hours, true);
      await emptyOldStates(this.#warehouse, Date.now());
      const done = { at: Date.now(), count };
      await this.#registry.endErasure(anonUserId, done);
      await this.#underWay.end(digest);
      this.#watch.erased(count);
      say({ what: "erased", events: count });
      return this.receiptOf(anonUserId, done);
    });
  }

  /** Made of what is known, each time the same: the receipt names the pseudonym, and nothing that is kept does. */
  receiptOf(anonUserId: string, { at, count }: Erased): string {
    return this.#registry.signed({
      ...{ anon_user_id: anonUserId, erased: count, erased_at: at },
      // Numbers without ids, of hours whose raw events are gone.
      kept: "hourly, daily and monthly totals without ids, older than 89 days",
    });
  }
}
