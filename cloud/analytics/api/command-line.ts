/** Turns the options of `nexus-cloud query` into a question, and an answer into text. */
import { parseArgs } from "node:util";
import { dayOf } from "../../hours.ts";
import { type Answer, type QuestionKind, questionKindNames } from "../analytics.ts";
import { type BuiltInFunnel, builtInFunnels } from "../funnels/funnel-steps.ts";
import { type MetricName, metricNames } from "../metrics/catalogue.ts";
import { addDays } from "../period.ts";
import { QuestionError } from "../relation.ts";
import { type AnswerTable, answerTable, csvOf } from "./answer-table.ts";

export const queryHelp = `nexus-cloud query: answers a question from the warehouse, also while the server runs.

Usage:
  nexus-cloud query METRIC [options]        such as dau, success_rate, latency_p95; nexus-cloud query metrics lists them
  nexus-cloud query funnel NAME [options]   ${Object.keys(builtInFunnels).join(", ")}
  nexus-cloud query retention|lifecycle|stickiness|paths [options]

Options:
  --from DAY, --to DAY    both included; default: the last 30 days
  --grain GRAIN           day, week or month
  --by DIMENSION          such as source, version, os, command
  --where DIMENSION=VALUE up to two
  --compare WHAT          previous or year
  --top N                 groups or transitions to show
  --set FIELD=VALUE       any other field of the question, as JSON
  --format FORMAT         table, csv or json
`;

export interface Query {
  readonly kind: QuestionKind;
  readonly question: Readonly<Record<string, unknown>>;
  readonly format: "table" | "csv" | "json";
}

const defaultDays = 30;

/** @throws QuestionError that says what to do. */
export function queryFrom(args: readonly string[], nowMs: number): Query {
  const { positionals, values } = parsedArgs(args);
  const [name = "", part] = positionals;
  const { kind, question } = subjectOf(name, part);
  const today = dayOf(nowMs);
  const filters = (values.where ?? []).map((text) => {
    const [dimension = "", ...value] = text.split("=");
    if (value.length === 0) throw new QuestionError(`--where ${text}: write DIMENSION=VALUE.`);
    return { dimension, value: value.join("=") };
  });
  const format = values.format ?? "table";
  if (format !== "table" && format !== "csv" && format !== "json")
    throw new QuestionError(`--format ${format}: use table, csv or json.`);
  return {
    kind,
    format,
    question: {
      ...question,
      from: values.from ?? addDays(today, -defaultDays),
      to: values.to ?? addDays(today, -1),
      ...(values.grain === undefined ? {} : { grain: values.grain }),
      ...(values.by === undefined ? {} : { group_by: values.by }),
      ...(values.compare === undefined ? {} : { compare: values.compare }),
      ...(values.top === undefined ? {} : { top: Number(values.top) }),
      ...(filters.length === 0 ? {} : { filters }),
      ...Object.fromEntries((values.set ?? []).map(fieldFrom)),
    },
  };
}

function parsedArgs(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        from: { type: "string" },
        to: { type: "string" },
        grain: { type: "string" },
        by: { type: "string" },
        where: { type: "string", multiple: true },
        compare: { type: "string" },
        top: { type: "string" },
        set: { type: "string", multiple: true },
        format: { type: "string" },
      },
    });
  } catch (error) {
    const [reason = ""] = error instanceof Error ? error.message.split(". ") : [];
    throw new QuestionError(`${reason}. Run nexus-cloud query --help for usage.`);
  }
}

function fieldFrom(text: string): readonly [string, unknown] {
  const [name = "", ...value] = text.split("=");
  try {
    return [name, JSON.parse(value.join("="))];
  } catch {
    throw new QuestionError(`--set ${text}: write FIELD=VALUE with a value in JSON.`);
  }
}

function subjectOf(name: string, part: string | undefined): Pick<Query, "kind" | "question"> {
  if (metricNames.includes(name as MetricName)) return { kind: "query", question: { metric: name } };
  if (name === "funnel") {
    const names = Object.keys(builtInFunnels);
    if (part === undefined || !Object.hasOwn(builtInFunnels, part))
      throw new QuestionError(`Name a funnel: ${names.join(", ")}.`);
    return { kind: "funnels", question: builtInFunnels[part as BuiltInFunnel].question };
  }
  const kind = questionKindNames.find((known) => known === name && known !== "query" && known !== "funnels");
  if (kind === undefined) throw new QuestionError(`Unknown metric: ${name}. Run nexus-cloud query metrics for a list.`);
  return { kind, question: {} };
}

export function answerText(answer: Answer, format: Query["format"]): string {
  if (format === "json") return JSON.stringify(answer, null, 2);
  const table = answerTable(answer);
  if (format === "csv") return csvOf(table).replaceAll("\r\n", "\n").trimEnd();
  const title = "title" in answer ? `${answer.title} (${answer.unit})\n${answer.definition}\n\n` : "";
  const hidden =
    answer.suppressed === 0
      ? ""
      : `\n\n${answer.suppressed === 1 ? "1 value is" : `${answer.suppressed} values are`} hidden: too few users.`;
  return `${title}${alignedText(table)}${hidden}`;
}

function alignedText({ columns, rows }: AnswerTable): string {
  const texts = [columns, ...rows.map((row) => row.map(valueText))];
  const widths = columns.map((_, n) => Math.max(...texts.map((row) => (row[n] ?? "").length)));
  const isNumber = columns.map((_, n) => rows.some((row) => typeof row[n] === "number"));
  return texts
    .map((row) =>
      row
        .map((text, n) => (isNumber[n] === true ? text.padStart(widths[n] ?? 0) : text.padEnd(widths[n] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const valueText = (value: string | number | null): string =>
  value === null ? "-" : typeof value === "string" ? value : Number.isInteger(value) ? String(value) : value.toFixed(4);
