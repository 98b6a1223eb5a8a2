/** Prints the answer to a query: `nexus stats --by`, `nexus cost`. */
import { type Answer, type Grouping, type Measures, timeGroupings } from "../../shared/protocol/query.ts";
import { countText } from "../../shared/text/format.ts";
import { type Column, measuresTable, sorted } from "../output/measures-table.ts";
import { nothingText, printIfOff } from "../output/nothing.ts";
import { type JsonOption, print, printJson } from "../output/print.ts";
import { heading, wrapped } from "../output/terminal.ts";
import { periodTitle } from "../period.ts";
import { type QueryOptions, queryOf } from "../query.ts";
import { withFreshReader } from "../runtime.ts";

/** Rows without `--limit`; times are never cut. */
const usualLimit = 20;

export interface Report {
  readonly title: string;
  readonly by: Grouping;
  readonly columns: readonly Column[];
  /** Whether a group belongs to the report. */
  readonly isShown: (measures: Measures) => boolean;
  /** The last sentences. */
  readonly notes: (answer: Answer) => readonly string[];
}

/** @throws UsageError */
export function printReport(options: QueryOptions & JsonOption, report: Report): Promise<void> {
  const query = queryOf(options, report.by);
  return withFreshReader((reader) => {
    const answer = reader.query({ ...query, by: query.by ?? report.by });
    const by = answer.by ?? report.by;
    const groups = sorted(
      answer.groups.filter(({ key, measures }) => report.isShown(measures) && !isOther(by, key, measures)),
      by,
      options.sort,
    );
    const isTime = timeGroupings.some((time) => time === by);
    const shown = isTime && options.limit === undefined ? groups : groups.slice(0, options.limit ?? usualLimit);
    if (options.json === true) {
      printJson({ version: 1, ...answer, groups: shown, more: groups.length - shown.length });
      return;
    }
    print(heading(`${report.title} (${periodTitle(query.period.period, answer.fromMs, answer.toMs)})`));
    if (shown.length === 0) {
      const isFiltered = Object.keys(query.filters ?? {}).length > 0;
      print(`\n${isFiltered ? "Nothing in this period matches." : nothingText(reader)}`);
      return;
    }
    print(`\n${measuresTable(by, shown, answer.total, report.columns, nameOf)}`);
    if (shown.length < groups.length)
      print(`\n${countText(groups.length - shown.length, "more row")}: --limit ${groups.length}`);
    const notes = report.notes(answer);
    if (notes.length > 0) print(`\n${notes.map((note) => wrapped(note)).join("\n")}`);
    printIfOff(reader);
  });
}

/** Tool calls have no command, so that they are not a group of commands. */
const isOther = (by: Grouping, key: string, { runs }: Measures) =>
  (by === "command" || by === "program" || by === "class") && key === "" && runs.count === 0;

/** A value that was not recorded. */
const nameOf = (key: string) => (key === "" ? "–" : key);
