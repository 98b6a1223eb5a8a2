/** `nexus why COMMAND`: everything about one command on one screen. */
import type { TelemetryReader } from "../../server/worker/reader.ts";
import { textOf } from "../../shared/protocol/message.ts";
import type { Answer, Grouping, Query } from "../../shared/protocol/query.ts";
import type { Insight } from "../../shared/protocol/reports.ts";
import { didYouMean } from "../../shared/text/did-you-mean.ts";
import { durationText, numberText, percentText } from "../../shared/text/format.ts";
import { insightText } from "../../shared/text/insights.ts";
import { commandClass, isForeground } from "../../shared/vocabulary/command-classes.ts";
import { UsageError } from "../exit.ts";
import { changeText } from "../output/change.ts";
import { chart, type Point } from "../output/chart.ts";
import { type CsvOption, csvMeasures, printCsv } from "../output/csv.ts";
import { failedText } from "../output/headlines.ts";
import { timeText } from "../output/measures-table.ts";
import { nothingText, printIfOff } from "../output/nothing.ts";
import { definitionList, type JsonOption, print, printJson } from "../output/print.ts";
import { heading, styled, wrapped } from "../output/terminal.ts";
import { comparisonTitle, periodTitle } from "../period.ts";
import { type QueryOptions, queryOf, resolved, workspaceNames } from "../query.ts";
import { withFreshReader } from "../runtime.ts";

/** Parts of a breakdown. */
const maxParts = 6;

export function run(words: readonly string[], options: QueryOptions & JsonOption & CsvOption): Promise<void> {
  const command = words.join(" ").trim().replace(/\s+/g, " ");
  if (command.includes(","))
    throw new UsageError("nexus why is about one command. For several: nexus commands --command LIST");
  if (command === "") throw new UsageError("Name a command, such as: nexus why npm test");
  const asked = queryOf({ compare: "previous", ...options, command });
  return withFreshReader(async (reader) => {
    const { command: _, ...others } = asked.filters ?? {};
    const isFiltered = Object.keys(others).length > 0;
    const plain = resolved(reader, { ...asked, filters: others });
    const query = { ...plain, filters: { ...plain.filters, command } };
    const answer = reader.query({ ...query, by: "time" });
    if (answer.total.runs.count === 0) throw unknownCommand(reader, query, command);
    const insights = isFiltered
      ? undefined
      : reader.insights(query.period).insights.filter(({ subject, agent }) => subject === command && agent === null);
    const by = (grouping: Grouping) => partsOf(reader, query, grouping);
    if (options.json === true) {
      const breakdown = { exit: by("exit"), workspace: by("workspace"), source: by("source"), commands: by("command") };
      printJson({
        version: 1,
        command,
        class: commandClass(command),
        ...answer,
        hours: hoursOf(reader, query),
        insights: insights ?? null,
        ...breakdown,
      });
      return;
    }
    if (options.csv === true) {
      await printCsv(
        answer.groups.map(({ key, measures }) => ({ [answer.by ?? "time"]: key, ...csvMeasures(measures) })),
      );
      return;
    }
    print(heading(`${command} (${periodTitle(query.period.period, answer.fromMs, answer.toMs)})`));
    print(`\n${definitionList(factsOf(command, query, answer))}`);
    printHistory(answer);
    printInsights(insights, answer);
    print(`\n${chart("Runs by hour of the day", hoursOf(reader, query))}`);
    print(`\n${definitionList(breakdowns(reader, by))}`);
    printIfOff(reader);
  });
}

/** The nearest command that has runs in the period, or at least in the last 12 months. */
function unknownCommand(reader: TelemetryReader, query: Query, command: string): UsageError {
  const groupsIn = (period: Query["period"]) =>
    reader
      .query({ period, by: "command" })
      .groups.filter(({ measures }) => measures.runs.count > 0)
      .map(({ key }) => key);
  if (groupsIn(query.period).includes(command))
    return new UsageError(`No runs of ${command} in this period match the filters.`);
  const known = groupsIn({ period: "year" });
  if (known.length === 0) return new UsageError(nothingText(reader));
  if (known.some((key) => key === command || key.startsWith(`${command} `)))
    return new UsageError(`No runs of ${command} in this period. A longer one: --year`);
  return new UsageError(
    `No runs of ${command.slice(0, 60)} are recorded.${didYouMean(command.toLowerCase(), known) || " All commands: nexus commands --year"}`,
  );
}

function factsOf(command: string, query: Query, answer: Answer): readonly (readonly [string, string])[] {
  const { total, before } = answer;
  const { runs, waitingMs } = total;
  const was = before?.total.runs;
  const change = changeText(runs.medianMs, was?.medianMs ?? null, runs.timed, was?.timed ?? 0);
  const against =
    change === ""
      ? ""
      : ` (${change} against ${comparisonTitle(query.period.period, query.compare ?? "previous", answer)})`;
  const kind = commandClass(command);
  return [
    ["Class", kind.replaceAll("_", " ")],
    ["Runs", `${numberText(runs.count)}, ${failedText(runs, was)}`],
    [
      "Duration",
      `median ${timeText(runs.medianMs)}${against}, P95 ${timeText(runs.p95Ms)}, P99 ${timeText(runs.p99Ms)}`,
    ],
    [
      "Waiting",
      isForeground(kind) ? durationText(waitingMs) : `not waited for; ${durationText(runs.totalMs)} in total`,
    ],
  ];
}

function printHistory({ by, groups }: Answer): void {
  const points = (value: (runs: Answer["total"]["runs"]) => number): readonly Point[] =>
    groups.map(({ key, measures }) => ({ key, value: value(measures.runs) }));
  const charts = [
    chart(
      `Runs per ${by}`,
      points(({ count }) => count),
    ),
    chart(
      `Failures per ${by}`,
      points(({ failed }) => failed),
    ),
    chart(
      `Median per ${by}`,
      points(({ medianMs }) => medianMs ?? 0),
      { text: durationText, isSum: false },
    ),
  ];
  for (const text of charts) if (text !== "") print(`\n${text}`);
}

/** Fewer runs have no findings. */
const minRuns = 20;

/** `undefined`: findings are about all runs, and are not computed for some of them. */
function printInsights(insights: readonly Insight[] | undefined, { total }: Answer): void {
  print(`\n${styled("bold", "Changes and findings")}`);
  if (insights === undefined) {
    print("Not shown with a filter: they are about all runs.");
    return;
  }
  if (insights.length === 0)
    print(
      total.runs.count < minRuns
        ? "None: too few runs, they need at least ten before and after a change."
        : "None: nothing here differs by more than chance.",
    );
  for (const one of insights) {
    const { sentence, advice } = insightText(one);
    print(wrapped(`· ${textOf(sentence)} ${textOf(advice)}`));
  }
}

/** Runs by hour of the wall clock, over all days. */
function hoursOf(reader: TelemetryReader, { compare: _, ...query }: Query): readonly Point[] {
  const counts = Array.from({ length: 24 }, () => 0);
  for (const { key, measures } of reader.query({ ...query, by: "hour" }).groups) {
    const hour = Number(key.slice(11, 13));
    counts[hour] = (counts[hour] ?? 0) + measures.runs.count;
  }
  return counts.map((value, hour) => ({ key: `${String(hour).padStart(2, "0")}:00`, value }));
}

interface Part {
  readonly key: string;
  readonly runs: number;
  readonly failureRate: number | null;
  readonly medianMs: number | null;
}

/** The runs by a grouping, most first. */
function partsOf(reader: TelemetryReader, { compare: _, ...query }: Query, by: Grouping): readonly Part[] {
  return reader
    .query({ ...query, by })
    .groups.filter(({ measures }) => measures.runs.count > 0)
    .map(({ key, measures: { runs } }) => ({
      key,
      runs: runs.count,
      failureRate: runs.failure?.rate ?? null,
      medianMs: runs.medianMs,
    }))
    .sort((a, b) => b.runs - a.runs || (a.key < b.key ? -1 : 1));
}

function breakdowns(
  reader: TelemetryReader,
  by: (grouping: Grouping) => readonly Part[],
): readonly (readonly [string, string])[] {
  const nameOf = workspaceNames(reader);
  const text = (parts: readonly Part[], name: (key: string) => string, withRate: boolean) => {
    const shown = parts.slice(0, maxParts).map(({ key, runs, failureRate, medianMs }) => {
      const detail = withRate ? ` (${percentText(failureRate)} failed, median ${timeText(medianMs)})` : "";
      return `${key === "" ? "not known" : name(key)} ${numberText(runs)}${detail}`;
    });
    return [...shown, ...(parts.length > maxParts ? [`${parts.length - maxParts} more`] : [])].join(", ");
  };
  const same = (key: string) => key;
  const commands = by("command");
  return [
    ["Exit classes", text(by("exit"), (key) => key.replaceAll("_", " "), false)],
    ["Workspaces", text(by("workspace"), nameOf, true)],
    ["Sources", text(by("source"), same, true)],
    ...(commands.length > 1 ? [["Subcommands", text(commands, same, true)] as const] : []),
  ];
}
