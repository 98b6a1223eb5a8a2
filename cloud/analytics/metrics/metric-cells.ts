/** The cells of a metric: the value of each bucket and group, or that it is hidden because of few users. */
import { dayMs } from "../../../shared/schema/durations.ts";
import { dayOf } from "../../hours.ts";
import type { Context } from "../context.ts";
import { firstKeptDay } from "../kept-days.ts";
import { addDays, type Day, daysBetween, nextOf } from "../period.ts";
import { type CellUsers, hideSmall, noUsers, type Users, without } from "../suppression.ts";
import { churnDays } from "./catalogue.ts";
import { type Group, type MetricRow, type Reading, readExclusive, readMetric } from "./metric-rows.ts";

/** `null` with `hidden`: too few users; `null` without: there is nothing to compute it from, not yet or not any more. */
export interface Cell {
  readonly value: number | null;
  readonly hidden: boolean;
}

/** The rows of a reading, found by bucket and group. */
type Rows<T> = (bucket: Day, group: Group) => T | undefined;

function rowsOf<T extends { readonly bucket: Day; readonly group: Group }>(found: readonly T[]): Rows<T> {
  const keyOf = (bucket: Day, group: Group): string =>
    `${bucket} ${group.type === "value" ? `=${group.value}` : group.type}`;
  const rows = new Map(found.map((row) => [keyOf(row.bucket, row.group), row]));
  return (bucket, group) => rows.get(keyOf(bucket, group));
}

/** What decides on the cells of one reading. */
interface Found {
  readonly rows: Rows<MetricRow>;
  /** The users who have rows in no other group. */
  readonly exclusive: Rows<{ readonly exclusive: Users }>;
  /** Per filter: the users of a cell with the filter turned round, and without it. */
  readonly others: readonly { readonly negated: Rows<MetricRow>; readonly wider: Rows<MetricRow> }[];
}

const all: Group = { type: "all" };

/** Returns, for each group, the cell of each bucket. The total, if there is one, is the last group. */
export async function readCells(
  context: Context,
  reading: Reading,
  groups: readonly Group[],
  starts: readonly Day[],
): Promise<readonly (readonly Cell[])[]> {
  const found = await readAll(context, reading);
  const columns = starts.map((start) => {
    if (!isKept(reading, start, context.nowMs)) return groups.map((): Cell => ({ value: null, hidden: false }));
    const hidden = hiddenCells(context, found, groups, start);
    return groups.map((group, n): Cell => {
      if (hidden[n] === true) return { value: null, hidden: true };
      return { value: cellValue(context, reading, found, start, group), hidden: false };
    });
  });
  return groups.map((_, n) => columns.map((column) => column[n] ?? { value: null, hidden: false }));
}

/** Whether everything that the bucket counts is kept: an event that has expired is not a missing one. */
function isKept({ metric: { source } }: Reading, start: Day, nowMs: number): boolean {
  const daysBefore = source.type === "rolling" ? source.days - 1 : source.type === "churn" ? churnDays : 0;
  return addDays(start, -daysBefore) >= firstKeptDay(nowMs);
}

async function readAll({ warehouse }: Context, reading: Reading): Promise<Found> {
  const read = async (part: Reading): Promise<Rows<MetricRow>> => rowsOf(await readMetric(warehouse, part));
  const others = reading.filters.map(async (_, negated) => ({
    negated: await read({ ...reading, negated }),
    wider: await read({ ...reading, filters: reading.filters.filter((_filter, n) => n !== negated) }),
  }));
  return {
    rows: await read(reading),
    exclusive: rowsOf(reading.groupBy === null ? [] : await readExclusive(warehouse, reading)),
    others: await Promise.all(others),
  };
}

function hiddenCells({ minUsers }: Context, found: Found, groups: readonly Group[], start: Day): readonly boolean[] {
  const usersOf = (row: MetricRow | undefined): Users => row?.users ?? noUsers;
  const cells = groups.map((group): CellUsers => {
    const users = usersOf(found.rows(start, group));
    const total = usersOf(found.rows(start, all));
    const exclusive = found.exclusive(start, group)?.exclusive ?? noUsers;
    // Without the group, its total has the users with rows in other groups, and those without rows in this one.
    const rest = group.type === "all" || users.all === 0 ? [] : [without(total, exclusive), without(total, users)];
    const ofFilters = found.others.flatMap(({ negated, wider }) => [
      usersOf(negated(start, group)),
      without(usersOf(wider(start, group)), users),
    ]);
    return { users, complements: [...rest, ...ofFilters] };
  });
  // The total is the last group, so that indexes are the same without it.
  const hidden = hideSmall(
    cells.filter((_, n) => groups[n]?.type !== "all"),
    minUsers,
  );
  return cells.map((cell, n) =>
    groups[n]?.type === "all"
      ? hidden.total || hideSmall([cell], minUsers).cells[0] === true
      : hidden.cells[n] === true,
  );
}

function cellValue({ nowMs }: Context, reading: Reading, found: Found, start: Day, group: Group): number | null {
  const { source, empty } = reading.metric;
  const row = found.rows(start, group);
  if (source.type === "rolling" || (source.type === "sql" && source.per === undefined)) return row?.value ?? empty;
  const isShare = source.type === "sql" && source.shareOf !== undefined && source.shareOf === reading.groupBy;
  const per = (isShare ? found.rows(start, all) : row)?.per ?? null;
  if (per === null || per === 0) return null;
  const days = source.type === "sql" && source.perDay === true ? daysBegun(reading, start, nowMs) : 1;
  return (row?.value ?? 0) / (per * days);
}

/** Days of a bucket that have begun. */
function daysBegun({ grain }: Reading, start: Day, nowMs: number): number {
  const end = nextOf(grain ?? "day", start);
  const tomorrow = dayOf(nowMs + dayMs);
  return Math.max(1, daysBetween(start, end < tomorrow ? end : tomorrow));
}
