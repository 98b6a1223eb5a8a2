/** `nexus stats`: what people ask first, or with `--by` a table of one grouping. */
import type { TelemetryReader } from "../../server/worker/reader.ts";
import { textOf } from "../../shared/protocol/message.ts";
import type { Answer, Figures, Query } from "../../shared/protocol/query.ts";
import { countText, dateTimeText } from "../../shared/text/format.ts";
import { insightCards, insightText } from "../../shared/text/insights.ts";
import { chart } from "../output/chart.ts";
import { headlines } from "../output/headlines.ts";
import {
  commandColumns,
  hasWork,
  measuresTable,
  orderOf,
  orderTitle,
  sorted,
  statsColumns,
} from "../output/measures-table.ts";
import { printIfOff } from "../output/nothing.ts";
import { definitionList, print, printJson } from "../output/print.ts";
import { heading, styled, wrapped } from "../output/terminal.ts";
import { periodTitle } from "../period.ts";
import { queryOf, resolved } from "../query.ts";
import { withFreshReader } from "../runtime.ts";
import { emptyText, printReport, type ReportOptions } from "./query-report.ts";

/** Rows of a list in the overview. */
const topCount = 5;
const maxInsights = 3;

export function run(options: ReportOptions): Promise<void> {
  if (options.by !== undefined || options.csv === true) {
    return printReport(options, {
      title: "Usage",
      by: "command",
      columns: statsColumns,
      isShown: hasWork,
      notes: () => [],
    });
  }
  const asked = queryOf({ compare: "previous", ...options });
  orderOf(options.sort);
  return withFreshReader((reader) => {
    const query = resolved(reader, asked);
    const answer = reader.query({ ...query, by: "time" });
    if (options.json === true) {
      printJson({ version: 2, ...answer });
      return;
    }
    printOverview(reader, query, answer, { limit: options.limit ?? topCount, sort: options.sort ?? "waiting" });
  });
}

interface ListOptions {
  readonly limit: number;
  /** The order of the commands. */
  readonly sort: string;
}

function printOverview(reader: TelemetryReader, query: Query, answer: Answer, options: ListOptions): void {
  const { total } = answer;
  print(heading(`Usage (${periodTitle(query.period.period, answer.fromMs, answer.toMs)})`));
  if (!hasWork(total)) {
    print(`\n${emptyText(reader, query, answer)}`);
    return;
  }
  print(`\n${definitionList(headlines(query, answer).map(({ name, text }) => [name, text]))}`);
  printActivity(answer);
  printCommands(reader, query, options);
  printAgents(reader, query, options.limit);
  if (Object.keys(query.filters ?? {}).length === 0) printInsights(reader, query);
  if (answer.recordedFromMs !== null) print(`\nData since: ${dateTimeText(answer.recordedFromMs)}`);
  if (answer.lost > 0) print(`${countText(answer.lost, "event")} lost in this period.`);
  print(`\n${wrapped("More: nexus commands, nexus cost, nexus agents report, nexus sessions, nexus why COMMAND")}`);
  printIfOff(reader);
}

function printActivity({ by, groups }: Answer): void {
  const isRuns = groups.some(({ measures }) => measures.runs.count > 0);
  const what = isRuns ? "Runs" : "Tool calls";
  const points = groups.map(({ key, measures }) => ({ key, value: (isRuns ? measures.runs : measures.calls).count }));
  const text = chart(`${what} per ${by}`, points);
  if (text !== "") print(`\n${text}`);
}

function printCommands(reader: TelemetryReader, { compare: _, ...query }: Query, { limit, sort }: ListOptions): void {
  const order = orderOf(sort);
  const answer = reader.query({ ...query, by: "command" });
  const groups = sorted(
    answer.groups.filter(({ key, measures }) => key !== "" && measures.runs.count > 0),
    "command",
    order,
  );
  printTop(
    sort === "waiting" ? "Where the time goes" : `Commands by ${orderTitle(sort)}`,
    "command",
    { ...answer, groups },
    limit,
  );
}

function printAgents(reader: TelemetryReader, { compare: _, ...query }: Query, limit: number): void {
  const answer = reader.query({ ...query, by: "agent" });
  const groups = sorted(
    answer.groups.filter(({ key }) => key !== ""),
    "agent",
    undefined,
  );
  printTop("Agents", "agent", { ...answer, groups }, limit);
}

const notInOverview = new Set(["Rate", "Total time", "Refused", "Tokens"]);

function printTop(title: string, by: "command" | "agent", { groups, total }: Figures, limit: number): void {
  if (groups.length === 0) return;
  const columns = (by === "command" ? commandColumns : statsColumns).filter(
    ({ title: name }) => !notInOverview.has(name),
  );
  const { text } = measuresTable({
    by,
    groups: groups.slice(0, limit),
    total,
    columns,
    nameOf: (key) => key,
    order: undefined,
    hasTotal: false,
  });
  print(`\n${styled("bold", title)}\n${text}`);
  if (groups.length > limit)
    print(
      styled("dim", `… and ${groups.length - limit} more: nexus ${by === "command" ? "commands" : "agents report"}`),
    );
}

function printInsights(reader: TelemetryReader, { period }: Query): void {
  const cards = insightCards(reader.insights(period).insights).slice(0, maxInsights);
  if (cards.length === 0) return;
  print(`\n${styled("bold", "Needs attention")}`);
  for (const { main } of cards) print(wrapped(`· ${textOf(insightText(main).sentence)}`));
}
