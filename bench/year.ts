/**
 * A database with a year of work: 200 commands by Zipf's law, durations log-uniform to 60 s, four agents, five workspaces. Rolled
 * up into days and months, as maintenance does it.
 */
import { v7 } from "uuid";
import { systemClock } from "../server/clock.ts";
import { type CleanEvent, markClean } from "../server/privacy/clean-event.ts";
import { immediately } from "../server/store/driver/driver.ts";
import { dayOfHour, localHourOf } from "../server/store/rollups/local-time.ts";
import { rollUpDays } from "../server/store/rollups/rollups.ts";
import { Store } from "../server/store/store.ts";
import { productInfo } from "../server/worker/product-info.ts";
import { workspaceHash, yearOfWork } from "../test/fixtures/sample-year.ts";

const batchSize = 1_000;

/** Yields about so many events of the last 365 days, in batches. */
export function* yearOfEvents(events: number): Generator<readonly CleanEvent[]> {
  const numbers = new Map<string, number>();
  let batch: CleanEvent[] = [];
  for (const { tsMs, session, source, type, workspace, fields } of yearOfWork({
    nowMs: Date.now(),
    events,
    starts: true,
  })) {
    const seq = (numbers.get(session) ?? 0) + 1;
    numbers.set(session, seq);
    const payload = { ...fields, workspace_hash: workspaceHash(workspace) };
    batch.push(
      markClean({ id: v7({ msecs: tsMs }), type, tsMs, utcOffsetMin: 0, sessionId: session, source, seq, payload }),
    );
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
  store.withExistingDatabase((connection) => {
    immediately(connection, () => {
      while (rollUpDays(connection, dayOfHour(localHourOf(Date.now())), 400));
    });
  });
  return store;
}
