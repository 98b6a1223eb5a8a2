/** What the drawer shows as text: Markdown, and CSV as RFC 4180 has it. */
import type { EndedRun } from "../../shared/protocol/query.ts";
import { dateTimeText } from "../../shared/text/format.ts";

export interface Copied {
  readonly title: string;
  readonly facts: readonly (readonly [name: string, text: string])[];
  readonly runs: readonly EndedRun[];
  readonly workspace: (hash: string) => string;
}

const columns = ["Time", "What", "Duration ms", "Outcome", "Exit class", "Error", "Workspace", "Source"] as const;

const cells = (run: EndedRun, workspace: Copied["workspace"]): readonly string[] => [
  dateTimeText(run.tsMs),
  run.name,
  run.durationMs === null ? "" : String(run.durationMs),
  run.outcome ?? "",
  run.exitClass ?? "",
  run.error ?? "",
  run.workspace === null ? "" : workspace(run.workspace),
  run.source,
];

const cellText = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("|", "\\|");
const line = (texts: readonly string[]): string => `| ${texts.map(cellText).join(" | ")} |`;

export function markdownOf({ title, facts, runs, workspace }: Copied): string {
  const list = facts.map(([name, text]) => `- **${name}:** ${text}`);
  const table = [line(columns), line(columns.map(() => "---")), ...runs.map((run) => line(cells(run, workspace)))];
  return [`## ${title}`, "", ...list, ...(runs.length === 0 ? [] : ["", ...table]), ""].join("\n");
}

/** A cell that a spreadsheet would read as a formula begins with an apostrophe. */
function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const csvOf = ({ runs, workspace }: Pick<Copied, "runs" | "workspace">): string =>
  [columns, ...runs.map((run) => cells(run, workspace))].map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");
