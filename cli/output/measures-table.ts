/** Tables of groups with their measures: names on the left, numbers on the right. */
import { type Group, type Grouping, type Measures, timeGroupings } from "../../shared/protocol/query.ts";
import { didYouMean } from "../../shared/text/did-you-mean.ts";
import { durationText, numberText, percentText } from "../../shared/text/format.ts";
import { UsageError } from "../exit.ts";
import { table } from "./table.ts";

export interface Column {
  readonly title: string;
  readonly text: (measures: Measures) => string;
  /** Whether the column is shown: not if no group has a value. */
  readonly isUsed: (measures: Measures) => boolean;
}

const dash = "–";
const timeText = (ms: number | null) => (ms === null ? dash : durationText(ms));

/** The columns of `nexus stats --by`. */
export const statsColumns: readonly Column[] = [
  { title: "Runs", text: ({ runs }) => numberText(runs.count), isUsed: ({ runs }) => runs.count > 0 },
  { title: "Failed", text: ({ runs }) => numberText(runs.failed), isUsed: ({ runs }) => runs.count > 0 },
  { title: "Rate", text: ({ runs }) => percentText(runs.failure?.rate ?? null), isUsed: ({ runs }) => runs.failed > 0 },
  { title: "Median", text: ({ runs }) => timeText(runs.medianMs), isUsed: ({ runs }) => runs.medianMs !== null },
  { title: "Waiting", text: ({ waitingMs }) => durationText(waitingMs), isUsed: ({ waitingMs }) => waitingMs > 0 },
  { title: "Calls", text: ({ calls }) => numberText(calls.count), isUsed: ({ calls }) => calls.count > 0 },
  { title: "Failed calls", text: ({ calls }) => numberText(calls.failed), isUsed: ({ calls }) => calls.count > 0 },
  { title: "Turns", text: ({ turns }) => numberText(turns), isUsed: ({ turns }) => turns > 0 },
];

export const usdText = (usd: number | null) => (usd === null ? dash : `$${usd.toFixed(2)}`);

/** The columns of `nexus cost`. */
export const costColumns: readonly Column[] = [
  { title: "Requests", text: ({ requests }) => numberText(requests), isUsed: ({ requests }) => requests > 0 },
  { title: "Input", text: ({ tokens }) => numberText(tokens.input), isUsed: () => true },
  {
    title: "Cache read",
    text: ({ tokens }) => numberText(tokens.cacheRead),
    isUsed: ({ tokens }) => tokens.cacheRead > 0,
  },
  {
    title: "Cache write",
    text: ({ tokens }) => numberText(tokens.cacheWrite5m + tokens.cacheWrite1h),
    isUsed: ({ tokens }) => tokens.cacheWrite5m + tokens.cacheWrite1h > 0,
  },
  { title: "Output", text: ({ tokens }) => numberText(tokens.output), isUsed: () => true },
  { title: "List price", text: ({ cost }) => usdText(cost.listUsd), isUsed: () => true },
  { title: "Reported", text: ({ cost }) => usdText(cost.reportedUsd), isUsed: ({ cost }) => cost.reportedUsd !== null },
];

/** Orders of groups that are no times, most first. */
const orders: Readonly<Record<string, (measures: Measures) => number>> = {
  runs: ({ runs }) => runs.count,
  failed: ({ runs, calls }) => runs.failed + calls.failed,
  waiting: ({ waitingMs }) => waitingMs,
  median: ({ runs }) => runs.medianMs ?? -1,
  calls: ({ calls }) => calls.count,
  cost: ({ cost }) => cost.listUsd ?? cost.reportedUsd ?? 0,
  tokens: ({ tokens }) => tokens.input + tokens.output,
};
export const orderNames: readonly string[] = Object.keys(orders);

const usual = ({ runs, calls, tokens }: Measures) => (runs.count + calls.count) * 1e9 + tokens.input + tokens.output;

/** Sorts groups: times by time, others by `sort` or by how often they occur. @throws UsageError */
export function sorted(groups: readonly Group[], by: Grouping, sort: string | undefined): readonly Group[] {
  const order = sort === undefined ? usual : orders[sort];
  if (order === undefined) {
    throw new UsageError(
      `Unknown value of --sort: ${sort?.slice(0, 40)}.${didYouMean(sort ?? "", orderNames) || ` Valid values: ${orderNames.join(", ")}.`}`,
    );
  }
  if (sort === undefined && timeGroupings.some((time) => time === by)) return groups;
  return [...groups].sort((a, b) => order(b.measures) - order(a.measures) || (a.key < b.key ? -1 : 1));
}

/** Returns the table; the last row is the total, if there are several groups. */
export function measuresTable(
  by: Grouping,
  groups: readonly Group[],
  total: Measures,
  columns: readonly Column[],
  nameOf: (key: string) => string,
): string {
  const used = columns.filter(({ isUsed }) => groups.some(({ measures }) => isUsed(measures)));
  const rows = groups.map(({ key, measures }) => [nameOf(key), ...used.map(({ text }) => text(measures))]);
  if (groups.length > 1) rows.push(["Total", ...used.map(({ text }) => text(total))]);
  const headings = [by.charAt(0).toUpperCase() + by.slice(1), ...used.map(({ title }) => title)];
  return table(headings, rows, { left: 1, hasTotal: groups.length > 1 });
}
