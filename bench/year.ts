/**
 * A database with a year of work: 200 commands by Zipf's law, four agents, five workspaces. Rolled up into days and months, as
 * maintenance does it.
 */
import { systemClock } from "../server/clock.ts";
import type { CleanEvent } from "../server/privacy/clean-event.ts";
import { rollUp, sampleEvents } from "../server/sample/sample-database.ts";
import { Store } from "../server/store/store.ts";
import { productInfo } from "../server/worker/product-info.ts";

const batchSize = 1_000;

/** Yields about so many events of the last 365 days, in batches. */
export function* yearOfEvents(events: number): Generator<readonly CleanEvent[]> {
  let batch: CleanEvent[] = [];
  for (const event of sampleEvents({ nowMs: Date.now(), events, starts: true })) {
    batch.push(event);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

/** Creates a store with a year of about so many events. */
export function yearOf(file: string, events: number): Store {
  const store = new Store(file, productInfo, systemClock);
  for (const batch of yearOfEvents(events)) store.write(batch);
  store.withExistingDatabase((connection) => rollUp(connection, Date.now()));
  return store;
}
