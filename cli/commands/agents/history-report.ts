/** `nexus agents report --from-history`: tokens, cost, models and tools from the files that agents keep. Writes and keeps nothing. */
import { homedir } from "node:os";
import { PriceList } from "../../../server/analytics/price-list.ts";
import { isByTime } from "../../../server/analytics/query/group-key.ts";
import { stretchOf } from "../../../server/analytics/query/stretch.ts";
import { type AgentHistory, historyAgents, readAgentHistory } from "../../../server/history/agent-history.ts";
import { type HistoryFigures, historyFigures } from "../../../server/history/history-groups.ts";
import {
  type FilterName,
  type Filters,
  filterNames,
  type Group,
  type HistoryGrouping,
  historyGroupings,
  type Measures,
  matchesFilter,
} from "../../../shared/protocol/query.ts";
import { didYouMean } from "../../../shared/text/did-you-mean.ts";
import { numberText, percentText } from "../../../shared/text/format.ts";
import { historyLimits } from "../../../shared/text/history-texts.ts";
import { sourceLabel } from "../../../shared/text/labels.ts";
import { pricesAsOf } from "../../../shared/vocabulary/prices.ts";
import { UsageError } from "../../exit.ts";
import { type CsvOption, csvMeasures, printCsv } from "../../output/csv.ts";
import {
  type Column,
  costColumns,
  elapsedColumn,
  lowerBoundNotes,
  measuresTable,
  sorted,
} from "../../output/measures-table.ts";
import { type JsonOption, print, printJson, progressLine } from "../../output/print.ts";
import { heading, wrapped } from "../../output/terminal.ts";
import { periodTitle } from "../../period.ts";
import { type QueryOptions, queryOf } from "../../query.ts";
import { readInChild } from "../history/child-database.ts";
import { historyProgress, printUnreadable, sourceText, withFiles } from "../history/history-sources.ts";

export type HistoryOptions = QueryOptions & JsonOption & CsvOption;

/** The filters that files of an agent can have. */
const taken: readonly FilterName[] = ["agent", "model", "tool"];

const tokenColumns: readonly Column[] = costColumns.filter(({ title }) => title !== "Reported");
const callColumns: readonly Column[] = [
  { title: "Calls", text: ({ calls }) => numberText(calls.count), isUsed: ({ calls }) => calls.count > 0, rank: 1 },
  {
    title: "Failed",
    text: ({ calls }) => percentText(calls.failure?.rate ?? null),
    isUsed: ({ calls }) => calls.failure !== null,
    rank: 2,
  },
  elapsedColumn,
];

/** Responses have no tool, and tools no model. */
const columnsOf = (by: HistoryGrouping): readonly Column[] =>
  by === "tool" ? callColumns : by === "model" ? tokenColumns : [...tokenColumns, ...callColumns];

export async function run(options: HistoryOptions): Promise<void> {
  const { period, filters = {} } = queryOf(withoutGrouping(options));
  refuseOthers(filters);
  const by = groupingOf(options.by);
  const nowMs = Date.now();
  const stretch = stretchOf(period, nowMs);
  const wanted = historyAgents.filter((agent) => matchesFilter(filters.agent, agent));
  const isQuiet = options.json === true || options.csv === true || !process.stderr.isTTY;
  const read = readAgentHistory(wanted, homedir(), process.env, isQuiet ? undefined : historyProgress(), readInChild);
  if (!isQuiet) progressLine("");
  for (const one of read) printUnreadable(one);
  const figures = historyFigures(
    read.map((history) => filtered(history, filters)),
    by,
    { fromMs: stretch.fromMs, toMs: stretch.endMs },
    new PriceList(),
  );
  const order = by === "tool" ? undefined : ({ cost }: Measures) => cost.listUsd ?? 0;
  const groups = isByTime(by) ? figures.groups : sorted(figures.groups, by, order);
  if (options.json === true)
    return printJson({
      version: 1,
      fromMs: stretch.fromMs,
      toMs: stretch.toMs,
      by,
      groups,
      total: figures.total,
      unpriced: figures.unpriced,
      pricesAsOf,
      read: read.map(({ responses, tools, unreadable, ...of }) => ({
        ...of,
        unreadable: unreadable.length,
        responses: responses.length,
        tools: tools.length,
      })),
    });
  if (options.csv === true)
    await printCsv(groups.map(({ key, measures }) => ({ [by]: key, ...csvMeasures(measures) })));
  else printTable(by, groups, figures, read, periodTitle(period.period, stretch.fromMs, stretch.toMs));
}

/** Its groupings are others. */
function withoutGrouping({ by: _, ...options }: HistoryOptions): HistoryOptions {
  return options;
}

/** @throws UsageError */
function refuseOthers(filters: Filters): void {
  const other = filterNames.find((name) => filters[name] !== undefined && !taken.includes(name));
  if (other !== undefined)
    throw new UsageError(
      `--from-history takes no --${other}: the files do not say. It takes ${taken.map((name) => `--${name}`).join(", ")}.`,
    );
}

/** @throws UsageError */
function groupingOf(text: string | undefined): HistoryGrouping {
  if (text === undefined) return "day";
  const found = historyGroupings.find((one) => one === text);
  if (found !== undefined) return found;
  throw new UsageError(
    `Unknown value of --by: ${text.slice(0, 40)}.${didYouMean(text, historyGroupings) || ` Valid values: ${historyGroupings.join(", ")}.`}`,
  );
}

const filtered = ({ responses, tools }: AgentHistory, { model, tool }: Filters) => ({
  responses: tool === undefined ? responses.filter((one) => matchesFilter(model, one.model)) : [],
  tools: model === undefined ? tools.filter((one) => matchesFilter(tool, one.tool)) : [],
});

function printTable(
  by: HistoryGrouping,
  groups: readonly Group[],
  { total, unpriced }: HistoryFigures,
  read: readonly AgentHistory[],
  title: string,
): void {
  print(heading(`From the history of agents (${title})`));
  const nameOf = (key: string): string => (key === "" ? "–" : by === "agent" ? sourceLabel(key) : key);
  if (groups.length === 0) print(`\n${wrapped("Nothing in this period.")}`);
  else print(`\n${measuresTable({ by, groups, total, columns: columnsOf(by), nameOf, order: undefined }).text}`);
  const { found, noFiles } = withFiles(read, (one) => one);
  print(`\n${[...found.map(sourceText), ...noFiles].map((line) => wrapped(line)).join("\n")}`);
  const notes = [
    ...(total.requests === 0
      ? []
      : [`List prices of ${pricesAsOf}: what the API would have cost. Subscriptions and discounts are not known.`]),
    ...lowerBoundNotes(total),
    ...read.flatMap(({ agent, responses }) => (responses.length === 0 ? [] : (historyLimits[agent] ?? []))),
    ...(unpriced.length === 0
      ? []
      : [`Not priced: ${unpriced.join(", ")} (${numberText(total.cost.unpricedTokens)} tokens).`]),
    "Only numbers, times and public names were read. Nothing was stored.",
  ];
  print(`\n${notes.map((note) => wrapped(note)).join("\n")}`);
}
