/** `nexus consent history`: every decision as a row, oldest first; with `--json` the records as stored. */
import { systemClock } from "../../../server/clock.ts";
import { PermissionEvaluator } from "../../../server/config/permission.ts";
import { dateTimeText } from "../../../shared/text/format.ts";
import { type JsonOption, print, printJson } from "../../output/print.ts";
import { table } from "../../output/table.ts";
import { noEditor, paths } from "../../runtime.ts";

export function run({ json }: JsonOption): void {
  const entries = new PermissionEvaluator(paths, systemClock, process.env, noEditor).consent.entries();
  const records = entries.map(parseLine);
  if (json === true) printJson({ version: 1, file: paths.consentFile, entries: records });
  else if (records.length === 0) print("No decision yet. To decide: nexus telemetry enable");
  else {
    const headings = ["Date", "Decision", "Records", "Shares", "Notice", "Where"];
    print(table(headings, records.map(rowOf)));
    print(`\nComplete records: nexus consent history --json, or ${paths.consentFile}`);
  }
}

/** Parses a record; returns a damaged line as text. */
function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}

const decisions: Readonly<Record<string, string>> = { off: "off", local: "record", share: "record and share" };
const channels: Readonly<Record<string, string>> = {
  vscode_page: "dashboard",
  vscode_command: "VS Code command",
  terminal: "terminal",
  terminal_flags: "terminal, without a prompt",
};

/** The file may have been edited by hand, so every value may be anything. */
function rowOf(record: unknown): readonly string[] {
  if (typeof record !== "object" || record === null) return ["–", "damaged line", "", "", "", ""];
  const field = (name: string): unknown => Reflect.get(record, name);
  const text = (value: unknown): string => (typeof value === "string" ? value : "–");
  const count = (value: unknown): string => (Array.isArray(value) ? String(value.length) : "–");
  const time = Date.parse(text(field("ts")));
  const { version, language } = Object(field("notice")) as Readonly<Record<string, unknown>>;
  const destination = text(field("destination"));
  const server = URL.canParse(destination) ? ` with ${new URL(destination).host}` : "";
  return [
    Number.isNaN(time) ? "–" : dateTimeText(time),
    `${decisions[text(field("mode"))] ?? "damaged record"}${server}`,
    count(field("collect")),
    count(field("share")),
    [version, language].filter((part) => typeof part === "string").join(", ") || "–",
    channels[text(field("via"))] ?? text(field("via")),
  ];
}
