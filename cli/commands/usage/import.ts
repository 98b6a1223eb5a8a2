/** `nexus usage import`: imports the event logs, and tries the lines again that could not be imported before. */
import { setTimeout as wait } from "node:timers/promises";
import { added, type ImportReport, quietMs } from "../../../server/ingest/event-log.ts";
import type { TelemetryService } from "../../../server/worker/service.ts";
import { countText, sizeText } from "../../../shared/text/format.ts";
import { exitCodes } from "../../exit.ts";
import { type JsonOption, print, printJson } from "../../output/print.ts";
import { importLogs, withService } from "../../runtime.ts";

/** A log that keeps growing is left to the next import. */
const maxRemovals = 3;

export function run({ json }: JsonOption): Promise<void> {
  return withService(async (worker) => {
    const first = await importLogs(worker, { retryLeftovers: true });
    const report = first === undefined ? undefined : await removed(worker, first);
    if (json === true) printJson({ version: 2, ...report });
    else if (report === undefined) print("NEXUS_EVENT_LOG=0: event logs are not read.");
    else printImport(report);
    if (report !== undefined && report.faults.length > 0) process.exitCode = exitCodes.failed;
  });
}

/** Waits until what was imported can be removed from the event logs; with what was appended meanwhile. */
async function removed(worker: TelemetryService, first: ImportReport): Promise<ImportReport> {
  let report = first;
  for (let n = 0; report.unremoved > 0 && n < maxRemovals; n += 1) {
    await wait(quietMs);
    const more = await worker.importLogs();
    if (more === undefined) break;
    // A file that is looked at again is the same file.
    report = { ...added(report, more), files: report.files, unremoved: more.unremoved };
  }
  return report;
}

function printImport(report: ImportReport): void {
  print(`Read ${countText(report.lines, "line")} of ${countText(report.files, "file")} (${sizeText(report.bytes)}).`);
  print(`Stored ${countText(report.stored, "event")}; ${report.repeated} were stored before.`);
  if (report.refused > 0) print(`The firewall refused ${report.refused}.`);
  if (report.belowWatermark > 0) print(`${report.belowWatermark} are older than events that expired or were purged.`);
  if (report.beforeConsent > 0) print(`${report.beforeConsent} happened before your consent; their lines are kept.`);
  if (report.ahead > 0) print(`${report.ahead} are ahead of the clock; their lines are kept.`);
  if (report.malformed > 0) print(`${countText(report.malformed, "line")} could not be read as JSON; they are kept.`);
}
