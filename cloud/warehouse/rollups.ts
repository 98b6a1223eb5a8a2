/**
 * Totals by hour, made anew from the events of each hour that was touched: late, repeated and erased events come out right, and a crash
 * in between is mended by doing it again.
 */
import { dimensions, hourlyTable, measures, youngDays } from "./schema.ts";
import type { Warehouse } from "./warehouse.ts";

/** Seconds since 1970 of an hour's beginning. */
export type Hour = number;

export const hourOf = (ms: number): Hour => Math.floor(ms / 3_600_000) * 3_600;

/** So many hours are made anew in one statement. */
const hoursTogether = 48;

/** Higher than those before of these hours, also within a millisecond, and where the clock was put back. */
async function nextVersion(warehouse: Warehouse, hours: readonly Hour[], nowMs: number): Promise<string> {
  const [row] = await warehouse.query<{ version: string }>(
    `SELECT toString(greatest(max(version) + 1, {now:UInt64})) AS version FROM ${hourlyTable.name}
     WHERE toUInt32(hour) IN {hours:Array(UInt32)}`,
    { hours, now: String(BigInt(nowMs) * 1_000n) },
  );
  return row?.version ?? "1";
}

/** `forGood`: also of what is replaced nothing stays in any file, as an erasure asks; else the engine drops it when it merges. */
export async function recomputeHours(
  warehouse: Warehouse,
  hours: Iterable<Hour>,
  nowMs: number,
  forGood = false,
): Promise<readonly Hour[]> {
  const oldest = nowMs / 1_000 - youngDays * 86_400;
  const young = [...new Set(hours)].filter((hour) => hour >= oldest).sort((a, b) => a - b);
  for (let from = 0; from < young.length; from += hoursTogether) {
    const some = young.slice(from, from + hoursTogether);
    const params = { hours: some, version: await nextVersion(warehouse, some, nowMs) };
    const columns = ["hour", ...dimensions, "version", ...Object.keys(measures)];
    const selected = Object.values(measures).map(({ of }) => of);
    await warehouse.command(
      `INSERT INTO ${hourlyTable.name} (${columns.join(", ")})
       SELECT toStartOfHour(toDateTime(ts, 'UTC')) AS hour, ${dimensions.join(", ")}, {version:UInt64}, ${selected.join(", ")}
       FROM events FINAL
       WHERE ts >= toDateTime64({first:UInt32}, 3, 'UTC') AND ts < toDateTime64({end:UInt32}, 3, 'UTC')
         AND toUInt32(hour) IN {hours:Array(UInt32)}
       GROUP BY hour, ${dimensions.join(", ")}`,
      { ...params, first: some[0], end: (some.at(-1) ?? 0) + 3_600 },
    );
    // What was there before: of cells that are no more it must go, of the others the higher version counts.
    const own = "toUInt32(hour) IN {hours:Array(UInt32)}";
    if (forGood || (await hasOthers(warehouse, own, params)))
      await warehouse.erase(hourlyTable.name, `${own} AND version < {version:UInt64}`, params);
  }
  return young;
}

/** States of hours whose raw events are gone hold pseudonyms until the engine's next merge: empties them now. */
export async function emptyOldStates(warehouse: Warehouse, nowMs: number): Promise<void> {
  const old = "hour < toDateTime({oldest:UInt32}) AND finalizeAggregation(users_state) > 0";
  const params = { oldest: Math.floor(nowMs / 1_000) - youngDays * 86_400 };
  const [row] = await warehouse.query<{ n: string }>(
    `SELECT count() AS n FROM ${hourlyTable.name} WHERE ${old}`,
    params,
  );
  if (Number(row?.n ?? 0) === 0) return;
  const empty = "users_state = arrayReduce('uniqExactState', CAST([], 'Array(UUID)'))";
  await warehouse.change(hourlyTable.name, `UPDATE ${empty} WHERE ${old}`, params);
}

/** Whether there are cells that the newest making does not have. Counted by a digest of their key, which takes a fifth of the time of `FINAL`. */
async function hasOthers(
  warehouse: Warehouse,
  own: string,
  params: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  const cell = `sipHash128(hour, ${dimensions.join(", ")})`;
  const [row] = await warehouse.query<{ others: number }>(
    `SELECT uniqExact(${cell}) > countIf(version = {version:UInt64}) AS others FROM ${hourlyTable.name} WHERE ${own}`,
    params,
  );
  return Number(row?.others ?? 0) > 0;
}
