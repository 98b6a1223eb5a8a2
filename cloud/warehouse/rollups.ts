/**
 * Hourly totals and sessions, recomputed from the raw events of each touched hour, so that late, repeated and
 * erased events are counted correctly and an interrupted run can be repeated. Hours whose raw
 * events may have expired are never recomputed.
 */
import { dayMs } from "../../shared/schema/durations.ts";
import type { Hour } from "../hours.ts";
import { type HourRollup, hourlyTable, hourRollups, youngDays } from "./schema.ts";
import { deriveUsers } from "./users.ts";
import type { Warehouse } from "./warehouse.ts";

/** Maximum hours computed in one statement. */
export const maxHoursTogether = 48;

const inHours = "toUInt32(hour) IN {hours:Array(UInt32)}";

/**
 * Returns the time before which raw events may have expired and totals are final. Milliseconds
 * since 1970.
 */
export const oldestYoungMs = (nowMs: number): number => nowMs - youngDays * dayMs;

/** Returns the hours whose raw events have not expired, in order. */
export function youngHours(hours: Iterable<Hour>, nowMs: number): readonly Hour[] {
  const oldest = oldestYoungMs(nowMs) / 1_000;
  return [...new Set(hours)].filter((hour) => hour >= oldest).sort((a, b) => a - b);
}

/**
 * Returns a version above all versions of these hours, also within one millisecond or after the
 * clock was set back.
 */
export async function nextVersion(warehouse: Warehouse, hours: readonly Hour[], nowMs: number): Promise<string> {
  const [row] = await warehouse.query<{ version: string }>(
    `SELECT toString(greatest(max(version) + 1, {now:UInt64})) AS version FROM (${hourRollups
      .map(({ table }) => `SELECT version FROM ${table.name} WHERE ${inHours}`)
      .join(" UNION ALL ")})`,
    { hours, now: String(BigInt(nowMs) * 1_000n) },
  );
  return row?.version ?? "1";
}

/**
 * Computes up to `maxHoursTogether` young hours, which must be sorted, and their users.
 * `dropReplaced` deletes the old cells.
 */
export async function computeHours(warehouse: Warehouse, hours: readonly Hour[], version: string): Promise<void> {
  for (const rollup of hourRollups) await computeRollup(warehouse, rollup, hours, version);
  await deriveUsers(warehouse, hours, version);
}

async function computeRollup(
  warehouse: Warehouse,
  { table, dimensions, measures }: HourRollup,
  hours: readonly Hour[],
  version: string,
): Promise<void> {
  const columns = ["hour", ...dimensions, "version", ...Object.keys(measures)];
  const selected = Object.values(measures).map(({ of }) => of);
  await warehouse.command(
    `INSERT INTO ${table.name} (${columns.join(", ")})
     SELECT toStartOfHour(toDateTime(ts, 'UTC')) AS hour, ${dimensions.join(", ")}, {version:UInt64}, ${selected.join(", ")}
     FROM events FINAL
     WHERE ts >= toDateTime64({first:UInt32}, 3, 'UTC') AND ts < toDateTime64({end:UInt32}, 3, 'UTC') AND ${inHours}
     GROUP BY hour, ${dimensions.join(", ")}`,
    { hours, version, first: hours[0], end: (hours.at(-1) ?? 0) + 3_600 },
  );
}

/**
 * Deletes older cells if some have no successor; otherwise `FINAL` hides them. `always` deletes
 * them in any case.
 */
export async function dropReplaced(
  warehouse: Warehouse,
  hours: readonly Hour[],
  version: string,
  always: boolean,
): Promise<void> {
  if (hours.length === 0) return;
  const params = { hours, version };
  for (const rollup of hourRollups) {
    if (!always && !(await hasOthers(warehouse, rollup, params))) continue;
    await warehouse.erase(rollup.table.name, `${inHours} AND version < {version:UInt64}`, params);
  }
}

/**
 * Returns whether older cells are missing in the new version. Counting key digests takes a fifth of
 * the time of `FINAL`.
 */
async function hasOthers(
  warehouse: Warehouse,
  { table, dimensions }: HourRollup,
  params: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  const cell = `sipHash128(hour, ${dimensions.join(", ")})`;
  const [row] = await warehouse.query<{ others: number }>(
    `SELECT uniqExact(${cell}) > countIf(version = {version:UInt64}) AS others FROM ${table.name} WHERE ${inHours}`,
    params,
  );
  return Number(row?.others ?? 0) > 0;
}

/** Recomputes the young ones of the hours and returns them. */
export async function recomputeHours(
  warehouse: Warehouse,
  hours: Iterable<Hour>,
  nowMs: number,
): Promise<readonly Hour[]> {
  const young = youngHours(hours, nowMs);
  for (let from = 0; from < young.length; from += maxHoursTogether) {
    const chunk = young.slice(from, from + maxHoursTogether);
    const version = await nextVersion(warehouse, chunk, nowMs);
    await computeHours(warehouse, chunk, version);
    await dropReplaced(warehouse, chunk, version, false);
  }
  return young;
}

/**
 * Removes from old hours what must not outlive the raw events: clears user states, which contain
 * pseudonyms, and deletes cells with fewer than `minUsers` established users. Returns the number of
 * deleted cells.
 */
export async function reduceOldHours(warehouse: Warehouse, nowMs: number, minUsers: number): Promise<number> {
  const params = { oldest: Math.floor(oldestYoungMs(nowMs) / 1_000), minUsers };
  const old = "hour < toDateTime({oldest:UInt32})";
  const small = `${old} AND counted_users < {minUsers:UInt64}`;
  const withUsers = `${old} AND (finalizeAggregation(users_state) > 0 OR finalizeAggregation(counted_state) > 0)`;
  const [row] = await warehouse.query<{ small: string; with_users: string }>(
    `SELECT countIf(${small}) AS small, countIf(${withUsers}) AS with_users FROM ${hourlyTable.name} WHERE ${old}`,
    params,
  );
  // A minimum of one user suppresses nothing.
  const suppressed = minUsers > 1 ? Number(row?.small ?? 0) : 0;
  if (suppressed > 0) await warehouse.erase(hourlyTable.name, small, params);
  if (Number(row?.with_users ?? 0) > 0) {
    const empty = "arrayReduce('uniqExactState', CAST([], 'Array(UUID)'))";
    const columns = ["users_state", "counted_state"].map((name) => `${name} = ${empty}`).join(", ");
    await warehouse.mutate(hourlyTable.name, `UPDATE ${columns} WHERE ${withUsers}`, params);
  }
  return suppressed;
}
