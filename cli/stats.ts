/** `nexus stats`: what the page's overview says, with the box of ADR-003 at its head. */
import type { Period, Stats } from "../shared/protocol.ts";
import { durationText } from "../shared/words.ts";
import type { JsonOption } from "./consent.ts";
import { print, printJson } from "./print.ts";
import { withWorker } from "./product.ts";

interface StatsOptions extends JsonOption {
  readonly today?: boolean;
  readonly week?: boolean;
  readonly month?: boolean;
  readonly year?: boolean;
}

const titles: Readonly<Record<Period, string>> = {
  today: "Today",
  week: "Last 7 Days",
  month: "Last 30 Days",
  year: "Last 12 Months",
};

const width = 58;
const percent = (share: number | null): string => (share === null ? "–" : `${Math.round(share * 100)}%`);

/** ADR-003, "Dashboard". */
export function boxText({ period, workspacesCreated, tasksCompleted, averageSessionMs, successRate }: Stats): string {
  const line = (text: string) => `║  ${text.padEnd(width - 2)}║`;
  const row = (name: string, value: string) => line(`${`${name}:`.padEnd(24)}${value}`);
  return [
    `╔${"═".repeat(width)}╗`,
    line(`Nexus Usage Analytics (${titles[period]})`),
    `╠${"═".repeat(width)}╣`,
    row("Workspaces Created", workspacesCreated.toLocaleString("en-US")),
    row("Tasks Completed", tasksCompleted.toLocaleString("en-US")),
    row("Avg Session Length", averageSessionMs === null ? "–" : durationText(averageSessionMs)),
    row("Success Rate", percent(successRate)),
    `╚${"═".repeat(width)}╝`,
  ].join("\n");
}

function table(title: string, rows: Stats["topCommands"]): string {
  if (rows.length === 0) return "";
  const longest = Math.max(...rows.map(({ name }) => name.length));
  const lines = rows.map(({ name, count, failed, medianMs }) => {
    const median = medianMs === null ? "" : `  median ${durationText(medianMs)}`;
    return `  ${name.padEnd(longest)}  ${count.toLocaleString("en-US").padStart(7)}${failed > 0 ? `  ${failed} failed` : ""}${median}`;
  });
  return `\n${title}\n${lines.join("\n")}`;
}

export function showStats({ json, today, week, year }: StatsOptions): Promise<void> {
  const period = today === true ? "today" : week === true ? "week" : year === true ? "year" : "month";
  return withWorker((worker) => {
    const found = worker.stats(period);
    if (json === true) {
      printJson({ version: 1, ...found });
      return;
    }
    print(boxText(found));
    if (found.commands === 0) {
      print("\nNo command has been recorded in this period. Recording is on where nexus telemetry status says so.");
      return;
    }
    const { succeeded, failed, sessions, durations } = found;
    print(
      `\n${found.commands.toLocaleString("en-US")} commands in ${sessions.toLocaleString("en-US")} sessions: ${succeeded} succeeded, ${failed} failed.`,
    );
    if (durations !== null) {
      const { medianMs, p95Ms, totalMs } = durations;
      print(
        `Half take up to ${durationText(medianMs)}, 95 % up to ${durationText(p95Ms)}; ${durationText(totalMs)} in all.`,
      );
    }
    print(`${table("Top commands", found.topCommands)}${table("\nTop tools", found.topTools)}`);
    if (found.workspacesCreated + found.tasksCompleted === 0) {
      print("\nWorkspaces and tasks come from Nexus tools (event logs); none has reported any.");
    }
    if (found.recordedFromMs !== null)
      print(`Recording began ${new Date(found.recordedFromMs).toLocaleString("sv-SE")}.`);
  });
}
