/** The digest of a period: its figures, lists and findings, independent of their format. */
import type { TelemetryReader } from "../../server/worker/reader.ts";
import { textOf } from "../../shared/protocol/message.ts";
import type { Answer, Group, Grouping, Measures, Query } from "../../shared/protocol/query.ts";
import { dateTimeText, dayText, durationText, numberText, percentText } from "../../shared/text/format.ts";
import { insightCards, insightText } from "../../shared/text/insights.ts";
import { listCostText, outputText, tokensText } from "../../shared/text/lower-bound.ts";
import { exitRulesMessage } from "../../shared/text/sentences.ts";
import { type Headline, headlines } from "../output/headlines.ts";
import { hasWork, timeText } from "../output/measures-table.ts";
import { offText } from "../output/nothing.ts";
import { workspaceNames } from "../query.ts";

export interface DigestTable {
  readonly title: string;
  /** The first column is text, the others are numbers. */
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Digest {
  readonly title: string;
  readonly headlines: readonly Headline[];
  readonly tables: readonly DigestTable[];
  readonly findings: readonly { readonly sentence: string; readonly advice: string }[];
  readonly notes: readonly string[];
}

const topCount = 10;

/** `query` has a period and may have filters. @throws ConfigError, SelectionError, SQLite's error. */
export function digestOf(reader: TelemetryReader, query: Query, name: string): Digest {
  const answer = reader.query({ ...query, by: "time", compare: "previous" });
  const isFiltered = Object.keys(query.filters ?? {}).length > 0;
  const off = offText(reader);
  const workspaceOf = workspaceNames(reader);
  const insights = isFiltered ? [] : insightCards(reader.insights(query.period).insights);
  const top = (by: Grouping, value: (measures: Measures) => number) => topOf(reader, query, by, value);
  return {
    title: titleOf(name, dayText(answer.fromMs), dayText(answer.toMs - 1)),
    headlines: hasWork(answer.total) ? headlines({ ...query, compare: "previous" }, answer) : [],
    tables: [
      {
        title: "Where the time goes",
        headings: ["Command", "Runs", "Failed", "Median", "P95", "Waiting"],
        rows: top("command", ({ waitingMs }) => waitingMs).map(({ key, measures: { runs, waitingMs } }) => [
          key,
          numberText(runs.count),
          percentText(runs.failure?.rate ?? null),
          timeText(runs.medianMs),
          timeText(runs.p95Ms),
          durationText(waitingMs),
        ]),
      },
      {
        title: "Agents",
        headings: ["Agent", "Calls", "Failed", "Turns", "Tokens", "List price"],
        rows: top("agent", ({ calls, requests }) => calls.count + requests).map(({ key, measures }) => [
          key,
          numberText(measures.calls.count),
          percentText(measures.calls.failure?.rate ?? null),
          numberText(measures.turns),
          tokensText(measures),
          listCostText(measures),
        ]),
      },
      {
        title: "Models",
        headings: ["Model", "Requests", "Input", "Output", "List price"],
        rows: top("model", ({ tokens }) => tokens.input + tokens.output).map(({ key, measures }) => [
          key,
          numberText(measures.requests),
          numberText(measures.tokens.input),
          outputText(measures),
          listCostText(measures),
        ]),
      },
      {
        title: "Workspaces",
        headings: ["Workspace", "Runs", "Waiting", "Calls", "List price"],
        rows: top("workspace", ({ runs, calls }) => runs.count + calls.count).map(({ key, measures }) => [
          workspaceOf(key),
          numberText(measures.runs.count),
          durationText(measures.waitingMs),
          numberText(measures.calls.count),
          listCostText(measures),
        ]),
      },
    ].filter(({ rows }) => rows.length > 0),
    findings: insights.map(({ main }) => {
      const { sentence, advice } = insightText(main);
      return { sentence: textOf(sentence), advice: textOf(advice) };
    }),
    notes: [...notesOf(answer), ...(off === undefined ? [] : [off])],
  };
}

const titleOf = (name: string, first: string, last: string): string =>
  first === last ? `Day in review: ${first}` : `${name} in review: ${first} to ${last}`;

/** The groups with a value, most first. */
function topOf(
  reader: TelemetryReader,
  query: Query,
  by: Grouping,
  value: (measures: Measures) => number,
): readonly Group[] {
  return reader
    .query({ period: query.period, filters: query.filters ?? {}, by })
    .groups.filter(({ key, measures }) => key !== "" && value(measures) > 0)
    .sort((a, b) => value(b.measures) - value(a.measures) || (a.key < b.key ? -1 : 1))
    .slice(0, topCount);
}

function notesOf({
  recordedFromMs,
  exitRulesSinceMs,
  lost,
  asOfMs,
  isOver,
  pricesAsOf,
  total,
}: Answer): readonly string[] {
  const notes = [`As of ${dateTimeText(asOfMs)}${isOver ? "" : "; the period is not over"}.`];
  if (recordedFromMs !== null) notes.push(`Recording began within the period, on ${dateTimeText(recordedFromMs)}.`);
  if (exitRulesSinceMs !== null) notes.push(textOf(exitRulesMessage(exitRulesSinceMs)));
  if (lost > 0) notes.push(`${numberText(lost)} events of the period were lost.`);
  if (total.cost.listUsd !== null)
    notes.push(`Costs at list prices of ${pricesAsOf}, without subscriptions and discounts.`);
  return notes;
}
