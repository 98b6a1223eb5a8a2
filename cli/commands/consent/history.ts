/** `nexus consent history`: every consent record, as stored. */
import { systemClock } from "../../../server/clock.ts";
import { PermissionEvaluator } from "../../../server/config/permission.ts";
import { type JsonOption, print, printJson } from "../../output/print.ts";
import { noEditor, paths } from "../../runtime.ts";

export function run({ json }: JsonOption): void {
  const entries = new PermissionEvaluator(paths, systemClock, process.env, noEditor).consent.entries();
  if (json === true) printJson({ version: 1, file: paths.consentFile, entries: entries.map(parseLine) });
  else print(entries.length === 0 ? "No decision yet. To decide: nexus telemetry enable" : entries.join("\n"));
}

/** Parses a record; returns a truncated line as text. */
function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}
