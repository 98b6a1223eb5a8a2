/**
 * Totals by hour, recomputed from the events of each touched hour: late, repeated and erased events come out right, and a crash
 * in between is repaired by doing it again. Hours whose raw events may be gone stay as they are.
 */
import type { Hour } from "../hours.ts";
import { dimensions, hourlyTable, measures, youngDays } from "./schema.ts";
import type { Warehouse } from "./warehouse.ts";

/** So many hours are computed in one statement. */
export const maxHoursTogether = 48;

const these = "toUInt32(hour) IN {hours:Array(UInt32)}";

/** The time before which raw events may be gone, and totals are final. Milliseconds. */
export const oldestYoungMs = (nowMs: number): number => nowMs - youngDays * 86_400_000;

/** Those whose raw events are all there, in order. */
export function youngHours(hours: Iterable<Hour>, nowMs: number): readonly Hour[] {
  const oldest = oldestYoungMs(nowMs) / 1_000;
  return [...new Set(hours)].filter((hour) => hour >= oldest).sort((a, b) => a - b);
}

/** Higher than the versions of these hours so far, also within a millisecond, and where the clock was put back. */
export async function nextVersion(warehouse: Warehouse, hours: readonly Hour[], nowMs: number): Promise<string> {
  const [row] = await warehouse.query<{ version: string }>(
    `SELECT toString(greatest(max(version) + 1, {now:UInt64})) AS version FROM ${hourlyTable.name} WHERE ${these}`,
    { hours, now: String(BigInt(nowMs) * 1_000n) },
  );
  return row?.version ?? "1";
}

/** Computes young hours, at most `maxHoursTogether`, in order. What they were before stays until `dropReplaced`. */
export async function computeHours(warehouse: Warehouse, hours: readonly Hour[], version: string): Promise<void> {
  const columns = ["hour", ...dimensions, "version", ...Object.keys(measures)];
  const selected = Object.values(measures).map(({ of }) => of);
  await warehouse.command(
    `INSERT INTO ${hourlyTable.name} (${columns.join(", ")})
     SELECT toStartOfHour(toDateTime(ts, 'UTC')) AS hour, ${dimensions.join(", ")}, {version:UInt64}, ${selected.join(", ")}
     FROM events FINAL
     WHERE ts >= toDateTime64({first:UInt32}, 3, 'UTC') AND ts < toDateTime64({end:UInt32}, 3, 'UTC') AND ${these}
     GROUP BY hour, ${dimensions.join(", ")}`,
    { hours, version, first: hours[0], end: (hours.at(-1) ?? 0) + 3_600 },
  );
}

/** Deletes what was replaced: of cells that are no more it must go, of the others the higher version counts. `always`: of those, too. */
export async function dropReplaced(
  warehouse: Warehouse,
  hours: readonly Hour[],
  version: string,
  always: boolean,
): Promise<void> {
  if (hours.length === 0) return;
  const params = { hours, version };
  if (!always && !(await hasOthers(warehouse, params))) return;
  await warehouse.erase(hourlyTable.name, `${these} AND version < {version:UInt64}`, params);
}

/** Whether there are cells that the newest version does not have. Counted by a digest of their key, which takes a fifth of the time of `FINAL`. */
async function hasOthers(warehouse: Warehouse, params: Readonly<Record<string, unknown>>): Promise<boolean> {
  const cell = `sipHash128(hour, ${dimensions.join(", ")})`;
  const [row] = await warehouse.query<{ others: number }>(
    `SELECT uniqExact(${cell}) > countIf(version = {version:UInt64}) AS others FROM ${hourlyTable.name} WHERE ${these}`,
    params,
  );
  return Number(row?.others ?? 0) > 0;
}

/** Recomputes young hours. Returns them. */
export async function recomputeHours(
  warehouse: Warehouse,
  hours: Iterable<Hour>,
  nowMs: number,
): Promise<readonly Hour[]> {
  const young = youngHours(hours, nowMs);
  for (let from = 0; from < young.length; from += maxHoursTogether) {
    const some = young.slice(from, from + maxHoursTogether);
    const version = await nextVersion(warehouse, some, nowMs);
    await computeHours(warehouse, some, version);
    await dropReplaced(warehouse, some, version, false);
  }
  return young;
}

/**
 * What must not outlive the raw events: states, which hold pseudonyms until the engine's next merge, are emptied; cells with fewer than
 * `minUsers` counted users are deleted. Returns how many cells were.
 */
export async function reduceOldHours(warehouse: Warehouse, nowMs: number, minUsers: number): Promise<number> {
  const params = { oldest: Math.floor(oldestYoungMs(nowMs) / 1_000), minUsers };
  const old = "hour < toDateTime({oldest:UInt32})";
  const small = `${old} AND counted_users < {minUsers:UInt64}`;
  const named = `${old} AND (finalizeAggregation(users_state) > 0 OR finalizeAggregation(counted_state) > 0)`;
  const [row] = await warehouse.query<{ small: string; named: string }>(
    `SELECT countIf(${small}) AS small, countIf(${named}) AS named FROM ${hourlyTable.name} WHERE ${old}`,
    params,
  );
  // With a minimum of one user nothing is suppressed.
  const suppressed = minUsers > 1 ? Number(row?.small ?? 0) : 0;
  if (suppressed > 0) await warehouse.erase(hourlyTable.name, small, params);
  if (Number(row?.named ?? 0) > 0) {
    const empty = "arrayReduce('uniqExactState', CAST([], 'Array(UUID)'))";
    const columns = ["users_state", "counted_state"].map((name) => `${name} = ${empty}`).join(", ");
    await warehouse.mutate(hourlyTable.name, `UPDATE ${columns} WHERE ${named}`, params);
  }
  return suppressed;
}
