/** Prints the answer to a query: `nexus stats --by`, `nexus commands`, `nexus cost`. */
import type { TelemetryReader } from "../../server/worker/reader.ts";
import {
  type Answer,
  type Group,
  type Grouping,
  type Measures,
  type Query,
  timeGroupings,
} from "../../shared/protocol/query.ts";
import { countText } from "../../shared/text/format.ts";
import { UsageError } from "../exit.ts";
import { type CsvOption, csvMeasures, printCsv } from "../output/csv.ts";
import { type Column, hasWork, measuresTable, orderOf, orderTitle, sorted } from "../output/measures-table.ts";
import { nothingText, printIfOff } from "../output/nothing.ts";
import { type JsonOption, print, printJson } from "../output/print.ts";
import { heading, wrapped } from "../output/terminal.ts";
import { comparisonTitle, periodTitle } from "../period.ts";
import { type QueryOptions, queryOf, resolved, workspaceNames } from "../query.ts";
import { withFreshReader } from "../runtime.ts";

/** Rows without `--limit`; times are never cut. */
const usualLimit = 20;

export type ReportOptions = QueryOptions & JsonOption & CsvOption;

export interface Report {
  readonly title: string;
  readonly by: Grouping;
  readonly sort?: string;
  readonly columns: readonly Column[];
  /** Whether a group belongs to the report. */
  readonly isShown: (measures: Measures) => boolean;
  /** The last sentences. */
  readonly notes: (answer: Answer, reader: TelemetryReader, query: Query) => readonly string[];
  /** More fields of the JSON. */
  readonly more?: (answer: Answer, reader: TelemetryReader, query: Query) => object;
}

/** @throws UsageError */
export function printReport(options: ReportOptions, report: Report): Promise<void> {
  const asked = queryOf(options, report.by);
  const isTime = timeGroupings.some((time) => time === asked.by);
  const sort = options.sort ?? (isTime ? undefined : report.sort);
  const order = orderOf(sort);
  if (options.json === true && options.csv === true) throw new UsageError("Use either --json or --csv.");
  return withFreshReader(async (reader) => {
    const query = resolved(reader, asked);
    const answer = reader.query(query);
    const by = answer.by ?? report.by;
    const isGroup = ({ key, measures }: Group) => report.isShown(measures) && !isOther(by, key, measures);
    const groups = sorted(answer.groups.filter(isGroup), by, order);
    const isAll = isTime || options.json === true || options.csv === true;
    const limit = options.limit ?? (isAll ? groups.length : usualLimit);
    // Of times the newest.
    const shown = isTime && order === undefined ? groups.slice(-limit) : groups.slice(0, limit);
    if (options.json === true) {
      printJson({
        version: 2,
        ...answer,
        groups: shown,
        more: groups.length - shown.length,
        ...report.more?.(answer, reader, query),
      });
      return;
    }
    if (options.csv === true) {
      const rowOf = (key: string, measures: Measures) => ({ [by]: key, ...csvMeasures(measures) });
      await printCsv(
        shown.map(({ key, measures }) => rowOf(key, measures)),
        rowOf("", answer.total),
      );
      return;
    }
    print(heading(`${report.title} (${periodTitle(query.period.period, answer.fromMs, answer.toMs)})`));
    if (shown.length === 0) {
      print(`\n${emptyText(reader, query, answer)}`);
      return;
    }
    const table = measuresTable({
      by,
      groups: shown,
      total: answer.total,
      columns: report.columns,
      nameOf: by === "workspace" ? named(workspaceNames(reader)) : named((key) => key),
      order,
      ...(answer.before === null ? {} : { before: (key) => beforeOf(answer, isTime, key) }),
    });
    print(`\n${table.text}`);
    const more = groups.length - shown.length;
    const notes = [
      ...(more > 0 ? [`${countText(more, "more row")}: --limit ${groups.length}`] : []),
      ...(table.leftOut.length > 0 ? [`Not shown at this width: ${table.leftOut.join(", ")} (all with --csv).`] : []),
      ...compareNotes(query, answer, sort),
      ...report.notes(answer, reader, query),
    ];
    if (notes.length > 0) print(`\n${notes.map((note) => wrapped(note)).join("\n")}`);
    printIfOff(reader);
  });
}

/** Why a report has no rows. */
export function emptyText(reader: TelemetryReader, { filters = {} }: Query, { total }: Pick<Answer, "total">): string {
  const isFiltered = Object.keys(filters).length > 0;
  return isFiltered || hasWork(total) ? "Nothing in this period matches." : nothingText(reader);
}

function beforeOf(
  { before, groups, total: _ }: Answer,
  isTime: boolean,
  key: string | undefined,
): Measures | undefined {
  if (key === undefined) return before?.total;
  const index = groups.findIndex((group) => group.key === key);
  return (isTime ? before?.groups[index] : before?.groups.find((group) => group.key === key))?.measures;
}

function compareNotes({ compare, period }: Query, answer: Answer, sort: string | undefined): readonly string[] {
  if (compare === undefined) return [];
  if (answer.before === null)
    return [
      `No change is shown: recording had not started before ${compare === "year" ? "this time last year" : "this period"}.`,
    ];
  return [
    `Change of ${orderTitle(sort)} against ${comparisonTitle(period.period, compare, answer)}; not shown below ten runs.`,
  ];
}

/** Tool calls have no command, so that they are not a group of commands. */
const isOther = (by: Grouping, key: string, { runs }: Measures) =>
  (by === "command" || by === "program" || by === "class") && key === "" && runs.count === 0;

/** A value that was not recorded. */
const named = (nameOf: (key: string) => string) => (key: string) => (key === "" ? "–" : nameOf(key));
