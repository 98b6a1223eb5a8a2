/** `nexus agents report`: what agents did, what it cost, and how often their edits passed the next check. */
import type { Answer, FirstTry, Rate } from "../../../shared/protocol/query.ts";
import { durationText, numberText, percentText, usdText } from "../../../shared/text/format.ts";
import { listCostText, tokensText } from "../../../shared/text/lower-bound.ts";
import { UsageError } from "../../exit.ts";
import { type CsvOption, csvMeasures, printCsv } from "../../output/csv.ts";
import { type Column, elapsedColumn, lowerBoundNotes, measuresTable, sorted } from "../../output/measures-table.ts";
import { printIfOff } from "../../output/nothing.ts";
import { type JsonOption, print, printJson } from "../../output/print.ts";
import { fitting, table } from "../../output/table.ts";
import { heading, styled, wrapped } from "../../output/terminal.ts";
import { periodTitle } from "../../period.ts";
import { type QueryOptions, queryOf, resolved } from "../../query.ts";
import { withFreshReader } from "../../runtime.ts";
import { emptyText } from "../query-report.ts";

const columns: readonly Column[] = [
  { title: "Calls", text: ({ calls }) => numberText(calls.count), isUsed: () => true },
  { title: "Failed", text: ({ calls }) => percentText(calls.failure?.rate ?? null), isUsed: () => true },
  elapsedColumn,
  { title: "Refused", text: ({ refused }) => numberText(refused), isUsed: ({ refused }) => refused > 0, rank: 3 },
  { title: "Turns", text: ({ turns }) => numberText(turns), isUsed: ({ turns }) => turns > 0, rank: 2 },
  {
    title: "Permission wait",
    text: ({ permissionWaitMs }) => durationText(permissionWaitMs),
    isUsed: ({ permissionWaitMs }) => permissionWaitMs > 0,
    rank: 4,
  },
  {
    title: "Active",
    text: ({ activeMs }) => durationText(activeMs),
    isUsed: ({ activeMs }) => activeMs > 0,
    rank: 5,
  },
  {
    title: "Tokens",
    text: tokensText,
    isUsed: ({ tokens }) => tokens.input + tokens.output > 0,
    rank: 1,
  },
  { title: "List price", text: listCostText, isUsed: ({ cost }) => cost.listUsd !== null },
  {
    title: "Reported",
    text: ({ cost }) => usdText(cost.reportedUsd),
    isUsed: ({ cost }) => cost.reportedUsd !== null,
    rank: 4,
  },
];

export interface AgentReportOptions extends QueryOptions, JsonOption, CsvOption {
  readonly fromHistory?: boolean;
}

export async function run(options: AgentReportOptions): Promise<void> {
  if (options.fromHistory === true) return (await import("./history-report.ts")).run(options);
  if (options.by !== undefined) throw new UsageError("--by needs --from-history. Without it, use nexus stats --by.");
  const asked = queryOf(options);
  return withFreshReader(async (reader) => {
    const query = resolved(reader, asked);
    const answer = reader.query({ ...query, by: "agent" });
    const firstTry = reader.firstTry(query);
    const groups = sorted(
      answer.groups.filter(
        ({ key, measures }) => key !== "" && measures.calls.count + measures.turns + measures.requests > 0,
      ),
      "agent",
      undefined,
    );
    if (options.json === true) return printJson({ version: 1, ...answer, groups, firstTry: firstTry ?? null });
    if (options.csv === true)
      return printCsv(groups.map(({ key, measures }) => ({ agent: key, ...csvMeasures(measures) })));
    print(heading(`Agents (${periodTitle(query.period.period, answer.fromMs, answer.toMs)})`));
    if (groups.length === 0) return print(`\n${emptyText(reader, query, answer)}`);
    print(`\n${tableOf(answer, groups)}`);
    for (const note of lowerBoundNotes(answer.total)) print(`\n${wrapped(note)}`);
    if (firstTry !== undefined) printFirstTry(firstTry);
    else
      print(
        `\n${wrapped("Edits that pass the next check are not shown with --command, --class, --tool or --outcome.")}`,
      );
    printIfOff(reader);
  });
}

function tableOf({ total }: Answer, groups: Answer["groups"]): string {
  return measuresTable({ by: "agent", groups, total, columns, nameOf: (key) => key, order: undefined, hasTotal: false })
    .text;
}

/** 72% (61% to 81%) */
const rateText = (rate: Rate | null): string =>
  rate === null ? "–" : `${percentText(rate.rate)} (${percentText(rate.low)} to ${percentText(rate.high)})`;

function printFirstTry({ groups, isCut }: FirstTry): void {
  const checked = groups.filter((group) => group.checked > 0);
  print(`\n${styled("bold", "Edits that pass the next check")}`);
  if (checked.length === 0) {
    print(wrapped("No test, linter or compiler ran within 30 minutes after an agent's edits in the same workspace."));
    return;
  }
  const rows = checked.map(({ agent, model, firstTry, medianTries, red, checked: sample, unchecked }) => [
    agent,
    model === "" ? "–" : model,
    rateText(firstTry),
    numberText(sample),
    medianTries === null ? "–" : numberText(medianTries),
    numberText(red),
    numberText(unchecked),
  ]);
  const titles = ["Agent", "Model", "First try green", "Checked", "Tries", "Never green", "Unchecked"];
  const { headings, rows: fitted } = fitting(titles, rows, [0, 1, 0, 0, 2, 3, 4]);
  print(table(headings, fitted, { left: headings.indexOf("First try green") }));
  const notes = [
    "Checked: edits that a test, linter or compiler followed in the same workspace within 30 minutes; tries: the median of its runs until it succeeded.",
    "Not known: your own edits in between, failures that were there before, and edits outside a workspace. A different mix of work changes the rate too.",
  ];
  if (isCut) notes.push("Only the newest events of the period were read.");
  print(`\n${notes.map((note) => wrapped(note)).join("\n")}`);
}
