/** `nexus stats`: usage statistics, with the box of ADR-003 at the top. */
import { textOf } from "../../shared/protocol/message.ts";
import type { Stats } from "../../shared/protocol/reports.ts";
import { countText, dateTimeText, durationText, numberText, percentText } from "../../shared/text/format.ts";
import { rankedLabel } from "../../shared/text/labels.ts";
import { exitRulesMessage } from "../../shared/text/sentences.ts";
import { statsColumns } from "../output/measures-table.ts";
import { nothingText, printIfOff } from "../output/nothing.ts";
import { definitionList, type JsonOption, print, printJson } from "../output/print.ts";
import { columns, isPlain, sparkline, styled, wrapped } from "../output/terminal.ts";
import { periodTitle, selectionOf } from "../period.ts";
import { isQuery, type QueryOptions } from "../query.ts";
import { withFreshReader } from "../runtime.ts";
import { printReport } from "./query-report.ts";

const boxWidth = 58;

/** ADR-003, "Dashboard". */
export function boxText(stats: Stats): string {
  const title = `Nexus Usage Analytics (${periodTitle(stats.period, stats.fromMs, stats.toMs)})`;
  const numbers = [
    ["Workspaces Created", numberText(stats.workspacesCreated)],
    ["Tasks Completed", numberText(stats.tasksCompleted)],
    ["Avg Session Length", stats.averageSessionMs === null ? "–" : durationText(stats.averageSessionMs)],
    ["Success Rate", percentText(stats.successRate)],
  ] as const;
  if (isPlain() || columns() < boxWidth + 2) return `${title}\n${definitionList(numbers)}`;
  const line = (text: string) => `║  ${text.padEnd(boxWidth - 2)}║`;
  return [
    `╔${"═".repeat(boxWidth)}╗`,
    line(title),
    `╠${"═".repeat(boxWidth)}╣`,
    ...numbers.map(([name, value]) => line(`${`${name}:`.padEnd(24)}${value}`)),
    `╚${"═".repeat(boxWidth)}╝`,
  ].join("\n");
}

function table(title: string, rows: Stats["topCommands"]): string {
  const named = rows.map((row) => ({ ...row, name: rankedLabel(row) }));
  const maxWidth = Math.max(...named.map(({ name }) => name.length));
  const lines = named.map(({ name, count, failed, medianMs }) => {
    const median = medianMs === null ? "" : `  median ${durationText(medianMs)}`;
    const failures = failed > 0 ? `  ${styled("red", `${failed} failed`)}` : "";
    return `  ${name.padEnd(maxWidth)}  ${numberText(count).padStart(7)}${failures}${median}`;
  });
  return `\n${styled("bold", title)}\n${lines.join("\n")}`;
}

export function run(options: QueryOptions & JsonOption): Promise<void> {
  if (isQuery(options)) {
    return printReport(options, {
      title: "Usage",
      by: "command",
      columns: statsColumns,
      isShown: ({ runs, calls, turns }) => runs.count + calls.count + turns > 0,
      notes: () => [],
    });
  }
  const { json, ...period } = options;
  const selection = selectionOf(period);
  return withFreshReader((reader) => {
    const found = reader.stats(selection);
    if (json === true) {
      printJson({ version: 1, ...found });
      return;
    }
    print(boxText(found));
    if (found.commands === 0) {
      print(`\n${nothingText(reader)}`);
    } else print(commandsText(found));
    for (const [title, rows] of [
      ["Top commands", found.topCommands],
      ["Top tools", found.topTools],
    ] as const) {
      if (rows.length > 0) print(table(title, rows));
    }
    if (found.workspacesCreated + found.tasksCompleted === 0) {
      print("\nNo workspaces or tasks: no Nexus tool has reported any in this period.");
    }
    if (found.recordedFromMs !== null) print(`Data since: ${dateTimeText(found.recordedFromMs)}`);
    if (found.exitRulesSinceMs !== null) print(wrapped(textOf(exitRulesMessage(found.exitRulesSinceMs))));
    if (found.dropped > 0) print(`${countText(found.dropped, "event")} lost in this period.`);
    if (found.commands > 0) printIfOff(reader);
  });
}

function commandsText({ commands, succeeded, failed, sessions, durations, activity, unit, before }: Stats): string {
  const lines = [
    `\n${countText(commands, "command")} in ${countText(sessions, "session")}: ${succeeded} succeeded, ${failed} failed.`,
  ];
  if (durations !== null) {
    const { medianMs, p95Ms, totalMs } = durations;
    lines.push(
      `Median ${durationText(medianMs)}, 95th percentile ${durationText(p95Ms)}, total ${durationText(totalMs)}.`,
    );
  }
  if (before !== null) {
    lines.push(
      `Previous period: ${countText(before.commands, "command")}, ${percentText(before.successRate)} succeeded.`,
    );
  }
  const bars = sparkline(activity.map((bar) => bar.succeeded + bar.failed + bar.other));
  if (bars.trim() !== "") lines.push(`Per ${unit}: ${bars}`);
  return lines.join("\n");
}
