/** Reads what the terminal dashboard shows. */
import type { TelemetryReader } from "../../server/worker/reader.ts";
import { textOf } from "../../shared/protocol/message.ts";
import type { Group, Query } from "../../shared/protocol/query.ts";
import { dateTimeText, durationText, numberText } from "../../shared/text/format.ts";
import { insightText } from "../../shared/text/insights.ts";
import { listCostText } from "../../shared/text/lower-bound.ts";
import { modeMessage, pendingText, refusalMessage } from "../../shared/text/sentences.ts";
import { type Headline, headlines } from "../output/headlines.ts";
import {
  type Column,
  commandColumns,
  costColumns,
  hasWork,
  orderOf,
  sorted,
  statsColumns,
} from "../output/measures-table.ts";
import { workspaceNames } from "../query.ts";
import { type Choices, groupingOf, type State, sortsOf, type View } from "./state.ts";

export interface DashboardData {
  readonly mode: string;
  readonly notes: readonly string[];
  readonly headlines: readonly Headline[];
  readonly activity: { readonly title: string; readonly values: readonly number[]; readonly scale: string };
  /** The first column is text, the others are numbers. */
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** In a narrow terminal, columns with a higher number are left out first. */
  readonly ranks: readonly number[];
  /** Why there are no rows. */
  readonly emptyText: string;
}

/** More are found with `nexus sessions`. */
const maxSessions = 50;

export function readDashboardData(reader: TelemetryReader, state: State): DashboardData {
  const { permission, problem, sharing } = reader.status();
  const query: Query = { period: { period: state.period }, filters: state.filters };
  const answer = reader.query({ ...query, by: "time", compare: "previous" });
  const isRuns = answer.groups.some(({ measures }) => measures.runs.count > 0);
  const values = answer.groups.map(({ measures }) => (isRuns ? measures.runs : measures.calls).count);
  const isSharing = permission?.mode === "share" && sharing !== null;
  return {
    mode: permission === null ? "Mode unknown: see the problem below." : textOf(modeMessage(permission)),
    notes: [
      ...(permission?.refusals.map((refusal) => textOf(refusalMessage(refusal))) ?? []),
      ...(problem === null ? [] : [textOf(problem.message)]),
      ...(isSharing
        ? [
            `Sync with ${sharing.destination ?? "no destination"}: ${sharing.paused === null ? `${pendingText(sharing.pending)} pending, last sent ${dateTimeText(sharing.syncedMs)}` : textOf(sharing.paused)}`,
          ]
        : []),
    ],
    headlines: headlines(query, answer, true),
    activity: {
      title: `${isRuns ? "Runs" : "Tool calls"} per ${answer.by}`,
      values,
      scale: `most: ${numberText(Math.max(0, ...values))}`,
    },
    ...rowsOf(reader, query, state),
  };
}

const columnsOf: Readonly<Partial<Record<View, readonly Column[]>>> = { Commands: commandColumns, Models: costColumns };

type Rows = Pick<DashboardData, "headings" | "rows" | "ranks" | "emptyText">;

function rowsOf(reader: TelemetryReader, query: Query, { view, sort }: State): Rows {
  if (view === "Sessions") return sessionRows(reader, query);
  if (view === "Insights") return insightRows(reader, query);
  const by = groupingOf[view] ?? "command";
  const columns = columnsOf[view] ?? statsColumns;
  const order = orderOf(sortsOf[view]?.[sort]);
  const groups = sorted(reader.query({ ...query, by }).groups.filter(isIn(view)), by, order);
  const used = columns.filter(({ isUsed }) => groups.some(({ measures }) => isUsed(measures)));
  const nameOf = view === "Workspaces" ? workspaceNames(reader) : (key: string) => key;
  return {
    headings: [by.charAt(0).toUpperCase() + by.slice(1), ...used.map(({ title }) => title)],
    rows: groups.map(({ key, measures }) => [nameOf(key), ...used.map(({ text }) => text(measures))]),
    ranks: [0, ...used.map(({ rank = 0 }) => rank)],
    emptyText: `No ${view.toLowerCase()} in this period${Object.keys(query.filters ?? {}).length > 0 ? " match the filter" : ""}.`,
  };
}

const isIn =
  (view: View) =>
  ({ key, measures }: Group): boolean => {
    if (key === "") return false;
    if (view === "Commands") return measures.runs.count > 0;
    return view === "Models" ? measures.requests + measures.tokens.input > 0 : hasWork(measures);
  };

function sessionRows(reader: TelemetryReader, query: Query): Rows {
  const { sessions } = reader.sessions(query, maxSessions);
  return {
    headings: ["ID", "Sources", "Started", "Length", "Runs", "Calls", "Failed", "List price"],
    rows: sessions.map(({ id, sources, startedMs, endedMs, measures }) => [
      id.slice(0, 8),
      sources.join(", "),
      dateTimeText(startedMs).slice(0, 16),
      durationText(endedMs - startedMs),
      numberText(measures.runs.count),
      numberText(measures.calls.count),
      numberText(measures.runs.failed + measures.calls.failed),
      listCostText(measures),
    ]),
    ranks: [0, 0, 1, 2, 0, 0, 3, 4],
    emptyText: "No sessions in this period.",
  };
}

/** Insights are about everything, so that there are none for a part. */
function insightRows(reader: TelemetryReader, { period, filters = {} }: Query): Rows {
  if (Object.keys(filters).length > 0)
    return {
      headings: ["Insight"],
      rows: [],
      ranks: [0],
      emptyText: "Insights cover all data. Press x to remove the filter.",
    };
  const { insights } = reader.insights(period.period === "today" ? { period: "week" } : period);
  return {
    headings: ["Insight"],
    rows: insights.map((insight) => [`· ${textOf(insightText(insight).sentence)}`]),
    ranks: [0],
    emptyText: "No insights: they need at least ten runs of a command and a significant difference.",
  };
}

/** The values of the last 30 days that filters can take. */
export function readChoices(reader: TelemetryReader): Choices {
  const keys = (by: "agent" | "source") =>
    reader
      .query({ period: { period: "month" }, by })
      .groups.map(({ key }) => key)
      .filter((key) => key !== "");
  const here = reader.workspaces().around(process.cwd());
  return { agent: keys("agent"), source: keys("source"), workspace: here === undefined ? [] : [here.hashes.join(",")] };
}
