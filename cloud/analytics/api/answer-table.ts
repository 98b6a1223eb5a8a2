/** An answer as a table, for CSV and for terminals. */
import type { Answer } from "../analytics.ts";
import type { MetricAnswer, Series } from "../metrics/metric-answer.ts";
import type { Group } from "../metrics/metric-rows.ts";

export type TableValue = string | number | null;

export interface AnswerTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly TableValue[])[];
}

/** A name in brackets is not one of the data. */
const none = "(none)";
const nameOf = (value: string): string => (value === "" ? none : value);
const groupName = (group: Group): string =>
  group.type === "value" ? nameOf(group.value) : group.type === "other" ? "(other)" : "(all)";

export function answerTable(answer: Answer): AnswerTable {
  if ("series" in answer) return metricTable(answer);
  if ("groups" in answer)
    return {
      columns: [
        "group",
        "step",
        "event",
        "users",
        "from_first",
        "from_previous",
        "median_ms",
        "median_from_previous_ms",
      ],
      rows: answer.groups.flatMap(({ group, steps }) =>
        steps.map((step, n) => [
          group === null ? "(all)" : nameOf(group),
          n + 1,
          step.event,
          step.users,
          step.from_first,
          step.from_previous,
          step.median_ms,
          step.median_from_previous_ms,
        ]),
      ),
    };
  if ("cohorts" in answer) {
    const overall = { start: "(all)", size: null, cells: answer.overall };
    return {
      columns: ["cohort", "users", ...answer.overall.map((_, offset) => `${answer.grain}_${offset}`)],
      rows: [...answer.cohorts, overall].map(({ start, size, cells }) => [
        start,
        size,
        ...cells.map(({ rate }) => rate),
      ]),
    };
  }
  if ("transitions" in answer)
    return {
      columns: ["from", "to", "count", "share"],
      rows: answer.transitions.map(({ from, to, count, share }) => [from ?? "(begin)", to ?? "(end)", count, share]),
    };
  if ("buckets" in answer)
    return {
      columns: ["start", "complete", "new", "returning", "resurrecting", "dormant"],
      rows: answer.buckets.map(({ start, complete, users }) => [
        start,
        String(complete),
        users.new,
        users.returning,
        users.resurrecting,
        users.dormant,
      ]),
    };
  return { columns: ["days", "users"], rows: answer.users.map((users, n) => [n + 1, users]) };
}

/** One row per bucket, one column per group; then the same of the period that it is compared with. */
function metricTable({ buckets, series, comparison }: MetricAnswer): AnswerTable {
  const columns = ["start", "complete", ...series.map(({ group }) => groupName(group))];
  const earlier = comparison?.series ?? [];
  const cellsOf = (some: readonly Series[], n: number) => some.map(({ cells }) => cells[n]?.value ?? null);
  return {
    columns: [
      ...columns,
      ...(comparison === null ? [] : ["compared_start", ...earlier.map(({ group }) => `compared ${groupName(group)}`)]),
    ],
    rows: buckets.map(({ start, complete }, n) => [
      start,
      String(complete),
      ...cellsOf(series, n),
      ...(comparison === null ? [] : [comparison.buckets[n]?.start ?? null, ...cellsOf(earlier, n)]),
    ]),
  };
}

/**
 * Writes a table as CSV (RFC 4180). A text that a spreadsheet would take for a formula gets an
 * apostrophe inside its quotes.
 */
export function csvOf({ columns, rows }: AnswerTable): string {
  const field = (value: TableValue): string => {
    if (value === null) return "";
    if (typeof value === "number") return String(value);
    const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map((row) => `${row.map(field).join(",")}\r\n`).join("");
}
