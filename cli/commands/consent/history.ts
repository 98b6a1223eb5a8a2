/** `nexus consent history`: every decision, as it was written down. */
import { systemClock } from "../../../server/clock.ts";
import { PermissionEvaluator } from "../../../server/config/permission.ts";
import { type JsonOption, print, printJson } from "../../output/print.ts";
import { noEditor, paths } from "../../runtime.ts";

export function run({ json }: JsonOption): void {
  const entries = new PermissionEvaluator(paths, systemClock, process.env, noEditor).consent.entries();
  if (json === true) printJson({ version: 1, file: paths.consentFile, entries: entries.map(parsed) });
  else print(entries.length === 0 ? "You have not been asked yet." : entries.join("\n"));
}

/** A line that was cut short is shown as it is. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}
