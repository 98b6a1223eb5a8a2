/** Tables of groups with their measures: names on the left, numbers on the right. */
import { type Group, type Grouping, type Measures, timeGroupings } from "../../shared/protocol/query.ts";
import { didYouMean } from "../../shared/text/did-you-mean.ts";
import { durationText, numberText, percentText, usdText } from "../../shared/text/format.ts";
import { listCostText, lowerBoundText, outputText, tokensText } from "../../shared/text/lower-bound.ts";
import { UsageError } from "../exit.ts";
import { changeText, minSample } from "./change.ts";
import { fitting, table } from "./table.ts";

export interface Column {
  readonly title: string;
  readonly text: (measures: Measures) => string;
  /** Whether the column is shown: not if no group has a value. */
  readonly isUsed: (measures: Measures) => boolean;
  /** In a narrow terminal, columns with a higher number are left out first. Default: 0, which never is. */
  readonly rank?: number;
}

const dash = "–";
export const timeText = (ms: number | null): string => (ms === null ? dash : durationText(ms));
/** Whether anything that reports count happened. */
export const hasWork = ({ runs, calls, turns, requests }: Measures): boolean =>
  runs.count + calls.count + turns + requests > 0;

const hasRuns = ({ runs }: Measures) => runs.count > 0;
const hasCalls = ({ calls }: Measures) => calls.count > 0;
const hasTokens = ({ tokens }: Measures) => tokens.input + tokens.output > 0;

export const lowerBoundNotes = (total: Measures): readonly string[] =>
  total.lowerBound === 0 ? [] : [lowerBoundText(total)];

/** Times in agents' files contain waiting for permission, so that only their median says something. */
export const elapsedColumn: Column = {
  title: "Elapsed",
  text: ({ calls }) => timeText(calls.elapsedMs),
  isUsed: ({ calls }) => calls.elapsedMs !== null,
  rank: 3,
};

/** The columns of `nexus stats --by`. */
export const statsColumns: readonly Column[] = [
  { title: "Runs", text: ({ runs }) => numberText(runs.count), isUsed: hasRuns },
  { title: "Failed", text: ({ runs }) => numberText(runs.failed), isUsed: hasRuns },
  {
    title: "Rate",
    text: ({ runs }) => percentText(runs.failure?.rate ?? null),
    isUsed: ({ runs }) => runs.failed > 0,
    rank: 2,
  },
  {
    title: "Median",
    text: ({ runs }) => timeText(runs.medianMs),
    isUsed: ({ runs }) => runs.medianMs !== null,
    rank: 1,
  },
  { title: "P95", text: ({ runs }) => timeText(runs.p95Ms), isUsed: ({ runs }) => runs.p95Ms !== null, rank: 4 },
  { title: "Waiting", text: ({ waitingMs }) => durationText(waitingMs), isUsed: ({ waitingMs }) => waitingMs > 0 },
  {
    title: "Total time",
    text: ({ runs }) => durationText(runs.totalMs),
    isUsed: ({ runs }) => runs.totalMs > 0,
    rank: 5,
  },
  { title: "Calls", text: ({ calls }) => numberText(calls.count), isUsed: hasCalls },
  { title: "Failed calls", text: ({ calls }) => numberText(calls.failed), isUsed: hasCalls, rank: 3 },
  elapsedColumn,
  { title: "Refused", text: ({ refused }) => numberText(refused), isUsed: ({ refused }) => refused > 0, rank: 6 },
  { title: "Turns", text: ({ turns }) => numberText(turns), isUsed: ({ turns }) => turns > 0, rank: 6 },
  {
    title: "Tokens",
    text: tokensText,
    isUsed: hasTokens,
    rank: 7,
  },
  {
    title: "List price",
    text: listCostText,
    isUsed: ({ cost }) => cost.listUsd !== null,
    rank: 6,
  },
];

const notOfCommands = new Set(["Calls", "Elapsed", "Failed calls", "Refused", "Turns", "Tokens", "List price"]);
/** The columns of `nexus commands`. */
export const commandColumns: readonly Column[] = statsColumns.filter(({ title }) => !notOfCommands.has(title));

/** The columns of `nexus cost`. */
export const costColumns: readonly Column[] = [
  { title: "Requests", text: ({ requests }) => numberText(requests), isUsed: ({ requests }) => requests > 0, rank: 3 },
  { title: "Input", text: ({ tokens }) => numberText(tokens.input), isUsed: () => true },
  {
    title: "Cache read",
    text: ({ tokens }) => numberText(tokens.cacheRead),
    isUsed: ({ tokens }) => tokens.cacheRead > 0,
    rank: 2,
  },
  {
    title: "Cache write",
    text: ({ tokens }) => numberText(tokens.cacheWrite5m + tokens.cacheWrite1h),
    isUsed: ({ tokens }) => tokens.cacheWrite5m + tokens.cacheWrite1h > 0,
    rank: 2,
  },
  { title: "Output", text: outputText, isUsed: () => true },
  { title: "List price", text: listCostText, isUsed: () => true },
  {
    title: "Reported",
    text: ({ cost }) => usdText(cost.reportedUsd),
    isUsed: ({ cost }) => cost.reportedUsd !== null,
    rank: 1,
  },
];

/** Orders of groups that are no times, most first. */
const orders: Readonly<Record<string, (measures: Measures) => number>> = {
  runs: ({ runs }) => runs.count,
  failed: ({ runs, calls }) => runs.failed + calls.failed,
  waiting: ({ waitingMs }) => waitingMs,
  time: ({ runs }) => runs.totalMs,
  median: ({ runs }) => runs.medianMs ?? -1,
  p95: ({ runs }) => runs.p95Ms ?? -1,
  calls: ({ calls }) => calls.count,
  cost: ({ cost }) => cost.listUsd ?? cost.reportedUsd ?? 0,
  tokens: ({ tokens }) => tokens.input + tokens.output,
};
export const orderNames: readonly string[] = Object.keys(orders);

const orderTitles: Readonly<Record<string, string>> = {
  waiting: "waiting time",
  time: "total time",
  median: "the median",
  p95: "the 95th percentile",
  failed: "failures",
  cost: "the list price",
};

/** What a change is of: the order of a table, or runs and calls without one. */
export const orderTitle = (sort: string | undefined): string =>
  sort === undefined ? "runs, calls or tokens" : (orderTitles[sort] ?? sort);
export type Order = (measures: Measures) => number;

const usual: Order = ({ runs, calls, tokens }) => (runs.count + calls.count) * 1e9 + tokens.input + tokens.output;
/** What a change is measured by without `--sort`. */
const usualChange: Order = ({ runs, calls, tokens }) => runs.count + calls.count || tokens.input + tokens.output;

/** @throws UsageError */
export function orderOf(sort: string | undefined): Order | undefined {
  if (sort === undefined) return undefined;
  const order = Object.hasOwn(orders, sort) ? orders[sort] : undefined;
  if (order !== undefined) return order;
  throw new UsageError(
    `Unknown value of --sort: ${sort.slice(0, 40)}.${didYouMean(sort, orderNames) || ` Valid values: ${orderNames.join(", ")}.`}`,
  );
}

/** Sorts groups: times by time, others by `order` or by how often they occur. */
export function sorted(groups: readonly Group[], by: Grouping, order: Order | undefined): readonly Group[] {
  if (order === undefined && timeGroupings.some((time) => time === by)) return groups;
  const of = order ?? usual;
  return [...groups].sort((a, b) => of(b.measures) - of(a.measures) || (a.key < b.key ? -1 : 1));
}

export interface MeasuresTable {
  readonly by: Grouping;
  readonly groups: readonly Group[];
  readonly total: Measures;
  readonly columns: readonly Column[];
  readonly nameOf: (key: string) => string;
  /** The measures before a group or, without a key, the total; `undefined` without a comparison. */
  readonly before?: (key?: string) => Measures | undefined;
  /** What the change is measured by. */
  readonly order: Order | undefined;
  /** Default: if there are several groups. */
  readonly hasTotal?: boolean;
}

/** Returns the table and the titles of the columns that did not fit; the last row is the total, if there are several groups. */
export function measuresTable(options: MeasuresTable): { readonly text: string; readonly leftOut: readonly string[] } {
  const { by, groups, total, columns, nameOf, before, order = usualChange } = options;
  const hasTotal = options.hasTotal ?? groups.length > 1;
  const used = columns.filter(({ isUsed }) => groups.some(({ measures }) => isUsed(measures)));
  const change = (measures: Measures, key?: string): readonly string[] => {
    if (before === undefined) return [];
    const earlier = before(key);
    const samples = [measures, earlier].map((of) =>
      of === undefined ? 0 : Math.max(of.runs.count, of.calls.count, of.requests),
    );
    if (earlier === undefined) return [(samples[0] ?? 0) < minSample ? "" : "none before"];
    return [changeText(order(measures), order(earlier), samples[0] ?? 0, samples[1] ?? 0)];
  };
  const rows = groups.map(({ key, measures }) => [
    nameOf(key),
    ...used.map(({ text }) => text(measures)),
    ...change(measures, key),
  ]);
  if (hasTotal) rows.push(["Total", ...used.map(({ text }) => text(total)), ...change(total)]);
  const headings = [by.charAt(0).toUpperCase() + by.slice(1), ...used.map(({ title }) => title)];
  const ranks = [0, ...used.map(({ rank = 0 }) => rank)];
  if (before !== undefined) {
    headings.push("Change");
    ranks.push(0);
  }
  const fitted = fitting(headings, rows, ranks);
  return {
    text: table(fitted.headings, fitted.rows, { left: 1, hasTotal }),
    leftOut: fitted.leftOut,
  };
}
