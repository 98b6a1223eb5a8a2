/** `nexus stats`: what the page's overview says, with the box of ADR-003 at its head. */
import type { Stats } from "../../shared/protocol/reports.ts";
import { countText, durationText } from "../../shared/text/format.ts";
import { rankedLabel } from "../../shared/text/labels.ts";
import { definitionList, type JsonOption, percentText, print, printJson, timeText } from "../output/print.ts";
import { columns, isPlain, sparkline, styled } from "../output/terminal.ts";
import { type PeriodOptions, periodTitle, selectionOf } from "../period.ts";
import { withFreshReader } from "../runtime.ts";

const boxWidth = 58;

/** ADR-003, "Dashboard". */
export function boxText(stats: Stats): string {
  const title = `Nexus Usage Analytics (${periodTitle(stats.period, stats.fromMs, stats.toMs)})`;
  const numbers = [
    ["Workspaces Created", stats.workspacesCreated.toLocaleString("en-US")],
    ["Tasks Completed", stats.tasksCompleted.toLocaleString("en-US")],
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
    return `  ${name.padEnd(maxWidth)}  ${count.toLocaleString("en-US").padStart(7)}${failures}${median}`;
  });
  return `\n${styled("bold", title)}\n${lines.join("\n")}`;
}

export function run({ json, ...chosen }: PeriodOptions & JsonOption): Promise<void> {
  const selection = selectionOf(chosen);
  return withFreshReader((observer) => {
    const found = observer.stats(selection);
    if (json === true) {
      printJson({ version: 1, ...found });
      return;
    }
    print(boxText(found));
    if (found.commands === 0) {
      print("\nNo command has been recorded in this period. nexus telemetry status says whether recording is on.");
    } else print(commandsText(found));
    for (const [title, rows] of [
      ["Top commands", found.topCommands],
      ["Top tools", found.topTools],
    ] as const) {
      if (rows.length > 0) print(table(title, rows));
    }
    if (found.workspacesCreated + found.tasksCompleted === 0) {
      print("\nWorkspaces and tasks come from Nexus tools (event logs); none has reported any.");
    }
    if (found.recordedFromMs !== null) print(`Recording began ${timeText(found.recordedFromMs)}.`);
    if (found.dropped > 0) print(`${countText(found.dropped, "event was", "events were")} lost in this period.`);
  });
}

function commandsText({ commands, succeeded, failed, sessions, durations, activity, unit, before }: Stats): string {
  const lines = [
    `\n${countText(commands, "command")} in ${countText(sessions, "session")}: ${succeeded} succeeded, ${failed} failed.`,
  ];
  if (durations !== null) {
    const { medianMs, p95Ms, totalMs } = durations;
    lines.push(
      `Half take up to ${durationText(medianMs)}, 95 % up to ${durationText(p95Ms)}; ${durationText(totalMs)} in all.`,
    );
  }
  if (before !== null) {
    lines.push(
      `The period before: ${countText(before.commands, "command")}, ${percentText(before.successRate)} succeeded.`,
    );
  }
  const bars = sparkline(activity.map((bar) => bar.succeeded + bar.failed + bar.other));
  if (bars.trim() !== "") lines.push(`By ${unit}: ${bars}`);
  return lines.join("\n");
}
