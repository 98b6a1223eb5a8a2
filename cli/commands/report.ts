/** `nexus report`: the digest of a day, a week or a month, as Markdown, HTML or JSON. */

import { didYouMean } from "../../shared/text/did-you-mean.ts";
import { terminalText } from "../../shared/text/terminal-text.ts";
import { digestOf } from "../digest/digest.ts";
import { htmlOf } from "../digest/html.ts";
import { markdownOf } from "../digest/markdown.ts";
import { UsageError } from "../exit.ts";
import { type CsvOption, printCsv } from "../output/csv.ts";
import { type JsonOption, printJson } from "../output/print.ts";
import { type QueryOptions, queryOf, resolved } from "../query.ts";
import { withFreshReader } from "../runtime.ts";

const formats = ["md", "html", "json"] as const;
type Format = (typeof formats)[number];

interface ReportOptions extends QueryOptions, JsonOption, CsvOption {
  readonly day?: boolean;
  readonly format?: string;
}

export function run({ day, format, json, csv, ...options }: ReportOptions): Promise<void> {
  const of = formatOf(json === true ? "json" : format);
  const { today, week, month, year, yesterday, last, since, until, from, to } = options;
  const isOpen = [today, week, month, year, yesterday, last, since, until, from, to].every((one) => one === undefined);
  const asked = queryOf(day === true ? { ...options, today: true } : isOpen ? { ...options, week: true } : options);
  return withFreshReader(async (reader) => {
    const query = resolved(reader, asked);
    const digest = digestOf(reader, query, nameOf(query.period.period));
    if (csv === true) {
      const rows = digest.tables.flatMap(({ title, headings, rows: lines }) =>
        lines.map((cells) => ({
          table: title,
          ...Object.fromEntries(headings.map((name, n) => [n === 0 ? "Name" : name, cells[n] ?? ""])),
        })),
      );
      await printCsv(rows, { table: "", Name: "" });
    } else if (of === "json") printJson({ version: 1, ...digest });
    else process.stdout.write(terminalText(of === "html" ? htmlOf(digest) : markdownOf(digest)));
  });
}

/** @throws UsageError */
function formatOf(text: string | undefined): Format {
  if (text === undefined) return "md";
  const known = formats.find((format) => format === text);
  if (known !== undefined) return known;
  throw new UsageError(
    `Unknown format: ${text.slice(0, 20)}.${didYouMean(text, formats) || ` Valid values: ${formats.join(", ")}.`}`,
  );
}

function nameOf(period: string): string {
  const names: Readonly<Record<string, string>> = { today: "Day", week: "Week", month: "Month", year: "Year" };
  return names[period] ?? "Work";
}
