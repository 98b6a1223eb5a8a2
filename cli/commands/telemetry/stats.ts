/** `nexus telemetry stats`: the box of ADR-003, with rankings below it. */
import { textOf } from "../../../shared/protocol/message.ts";
import type { Stats } from "../../../shared/protocol/reports.ts";
import { countText, dateTimeText, durationText, numberText, percentText } from "../../../shared/text/format.ts";
import { rankedLabel } from "../../../shared/text/labels.ts";
import { exitRulesMessage } from "../../../shared/text/sentences.ts";
import { nothingText, printIfOff } from "../../output/nothing.ts";
import { definitionList, type JsonOption, print, printJson } from "../../output/print.ts";
import { table } from "../../output/table.ts";
import { columns, isPlain, sparkline, wrapped } from "../../output/terminal.ts";
import { type PeriodOptions, periodTitle, selectionOf } from "../../period.ts";
import { withFreshReader } from "../../runtime.ts";

const boxWidth = 58;

/** ADR-003, "Dashboard". */
function boxText(stats: Stats): string {
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

export function run({ json, ...period }: PeriodOptions & JsonOption): Promise<void> {
  const selection = selectionOf(period);
  return withFreshReader((reader) => {
    const found = reader.stats(selection);
    if (json === true) {
      printJson({ version: 1, ...found });
      return;
    }
    print(boxText(found));
    print(found.commands === 0 ? `\n${nothingText(reader)}` : commandsText(found));
    for (const [title, rows] of [
      ["Top commands", found.topCommands],
      ["Top tools", found.topTools],
    ] as const) {
      if (rows.length > 0) print(`\n${rankingText(title, rows)}`);
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

function rankingText(title: string, ranked: Stats["topCommands"]): string {
  const rows = ranked.map((row) => [
    rankedLabel(row),
    numberText(row.count),
    numberText(row.failed),
    row.medianMs === null ? "–" : durationText(row.medianMs),
  ]);
  return table([title, "Count", "Failed", "Median"], rows, { left: 1 });
}

function commandsText({ commands, succeeded, failed, sessions, durations, activity, unit, before }: Stats): string {
  const lines = [
    `\n${countText(commands, "command")} in ${countText(sessions, "session")}: ${numberText(succeeded)} succeeded, ${numberText(failed)} failed.`,
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
  const counts = activity.map((bar) => bar.succeeded + bar.failed + bar.other);
  const bars = sparkline(counts);
  if (bars.trim() !== "") lines.push(`Per ${unit}: ${bars} (most: ${numberText(Math.max(...counts))})`);
  return lines.join("\n");
}
