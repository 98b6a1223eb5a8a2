/** `nexus sessions`: the newest sessions, or the timeline of one. */
import type { SessionSummary } from "../../shared/protocol/query.ts";
import { dateTimeText, durationText, numberText } from "../../shared/text/format.ts";
import { listCostText, tokensText } from "../../shared/text/lower-bound.ts";
import { UsageError } from "../exit.ts";
import { type CsvOption, csvMeasures, printCsv } from "../output/csv.ts";
import { nothingText, printIfOff } from "../output/nothing.ts";
import { type JsonOption, print, printJson } from "../output/print.ts";
import { fitting, table } from "../output/table.ts";
import { heading, wrapped } from "../output/terminal.ts";
import { periodTitle } from "../period.ts";
import { type QueryOptions, queryOf, resolved } from "../query.ts";
import { withFreshReader } from "../runtime.ts";

const usualLimit = 20;

export function run(id: string | undefined, options: QueryOptions & JsonOption & CsvOption): Promise<void> {
  const { json: _, csv: __, ...others } = options;
  if (id !== undefined && Object.values(others).some((value) => value !== undefined))
    throw new UsageError("A timeline has no period, filters or limit. Leave out the ID, or the other options.");
  return id === undefined ? printSessions(options) : printTimeline(id, options);
}

function printSessions(options: QueryOptions & JsonOption & CsvOption): Promise<void> {
  const asked = queryOf(options);
  return withFreshReader(async (reader) => {
    const query = resolved(reader, asked);
    const { fromMs, toMs, sessions } = reader.sessions(query, options.limit ?? usualLimit);
    if (options.json === true) {
      printJson({ version: 2, sessions });
      return;
    }
    if (options.csv === true) {
      const rowOf = (session: SessionSummary) => ({ ...session, measures: csvMeasures(session.measures) });
      const { total } = reader.query({ period: query.period });
      const none = { id: "", startedMs: 0, endedMs: 0, sources: [], measures: total, subagentCalls: 0 };
      await printCsv(sessions.map(rowOf), rowOf(none));
      return;
    }
    print(heading(`Newest Sessions (${periodTitle(query.period.period, fromMs, toMs)})`));
    if (sessions.length === 0) {
      const isFiltered = Object.keys(query.filters ?? {}).length > 0;
      print(`\n${isFiltered ? "Nothing in this period matches." : nothingText(reader)}`);
      return;
    }
    const columns = used(sessions);
    const all = sessions.map((session) => columns.map(({ text }) => text(session)));
    const ranks = columns.map(({ rank = 0 }) => rank);
    const { headings, rows, leftOut } = fitting(
      columns.map(({ title }) => title),
      all,
      ranks,
    );
    print(`\n${table(headings, rows, { left: 3 })}`);
    if (leftOut.length > 0) print(wrapped(`\nNot shown at this width: ${leftOut.join(", ")} (all with --csv).`));
    print("\nFor the timeline of one: nexus sessions ID");
    printIfOff(reader);
  });
}

interface SessionColumn {
  readonly title: string;
  readonly text: (session: SessionSummary) => string;
  readonly isUsed?: (session: SessionSummary) => boolean;
  /** In a narrow terminal, columns with a higher number are left out first. */
  readonly rank?: number;
}

const columns: readonly SessionColumn[] = [
  { title: "ID", text: ({ id }) => id.slice(0, 8) },
  { title: "Started", text: ({ startedMs }) => dateTimeText(startedMs).slice(0, 16) },
  { title: "Source", text: ({ sources }) => sources.join(", ") },
  { title: "Length", text: ({ startedMs, endedMs }) => durationText(endedMs - startedMs) },
  {
    title: "Runs",
    text: ({ measures }) => numberText(measures.runs.count),
    isUsed: ({ measures }) => measures.runs.count > 0,
  },
  {
    title: "Calls",
    text: ({ measures }) => numberText(measures.calls.count),
    isUsed: ({ measures }) => measures.calls.count > 0,
  },
  { title: "Failed", text: ({ measures }) => numberText(measures.runs.failed + measures.calls.failed) },
  {
    title: "Subagents",
    rank: 5,
    text: ({ subagentCalls }) => numberText(subagentCalls),
    isUsed: ({ subagentCalls }) => subagentCalls > 0,
  },
  {
    title: "Turns",
    rank: 4,
    text: ({ measures }) => numberText(measures.turns),
    isUsed: ({ measures }) => measures.turns > 0,
  },
  {
    title: "Tokens",
    rank: 3,
    text: ({ measures }) => tokensText(measures),
    isUsed: ({ measures }) => measures.tokens.input + measures.tokens.output > 0,
  },
  {
    title: "List price",
    rank: 2,
    text: ({ measures }) => listCostText(measures),
    isUsed: ({ measures }) => measures.cost.listUsd !== null,
  },
];

const used = (sessions: readonly SessionSummary[]) =>
  columns.filter(({ isUsed }) => isUsed === undefined || sessions.some(isUsed));

function printTimeline(id: string, { json, csv }: JsonOption & CsvOption): Promise<void> {
  const start = id.toLowerCase();
  if (!/^[0-9a-f-]{4,36}$/.test(start))
    throw new UsageError("Give at least 4 hexadecimal digits of the session's ID (see nexus sessions).");
  return withFreshReader(async (reader) => {
    const events = reader.timeline(start);
    if (events === undefined) throw new UsageError(`No session, or more than one, has an ID that starts with ${id}.`);
    if (json === true) {
      printJson({ version: 1, events });
      return;
    }
    if (csv === true) {
      await printCsv(events);
      return;
    }
    const rows = events.map(({ tsMs, source, name, outcome, durationMs }) => [
      dateTimeText(tsMs),
      source,
      name,
      outcome ?? "",
      durationMs === null ? "" : durationText(durationMs),
    ]);
    print(table(["Time", "Source", "What", "Outcome", "Duration"], rows, { left: 4 }));
  });
}
