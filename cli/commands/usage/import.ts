/** `nexus usage import`: imports the event logs, and retries lines that failed before. */
import { setTimeout as wait } from "node:timers/promises";
import { added, type ImportReport, quietMs } from "../../../server/ingest/event-log.ts";
import type { TelemetryService } from "../../../server/worker/service.ts";
import { countText, sizeText } from "../../../shared/text/format.ts";
import { exitCodes } from "../../exit.ts";
import { type JsonOption, print, printJson } from "../../output/print.ts";
import { importLogs, withService } from "../../runtime.ts";

/** Attempts to remove imported logs. A log that keeps growing is left to the next import. */
const maxAttempts = 3;

export function run({ json }: JsonOption): Promise<void> {
  return withService(async (service) => {
    const first = await importLogs(service, { retryLeftovers: true });
    const report = first === undefined ? undefined : await removeImported(service, first);
    if (json === true) printJson({ version: 2, ...report });
    else if (report === undefined) print("Event log import is disabled by NEXUS_EVENT_LOG. To import, unset it.");
    else printImport(report);
    if (report !== undefined && report.faults.length > 0) process.exitCode = exitCodes.failed;
  });
}

/** Waits until imported logs can be removed, and imports what was appended in the meantime. */
async function removeImported(service: TelemetryService, first: ImportReport): Promise<ImportReport> {
  let report = first;
  for (let n = 0; report.unremoved > 0 && n < maxAttempts; n += 1) {
    await wait(quietMs);
    const more = await service.importLogs();
    if (more === undefined) break;
    // The same files are read again, so their count does not add up.
    report = { ...added(report, more), files: report.files, unremoved: more.unremoved };
  }
  return report;
}

function printImport(report: ImportReport): void {
  const size = report.bytes > 0 ? ` (${sizeText(report.bytes)})` : "";
  print(`Read ${countText(report.lines, "line")} from ${countText(report.files, "file")}${size}.`);
  print(`Stored ${countText(report.stored, "event")}; ${report.repeated} already stored.`);
  if (report.refused > 0) print(`${report.refused} refused by the firewall.`);
  if (report.belowWatermark > 0) print(`${report.belowWatermark} skipped: older than expired or purged data.`);
  if (report.beforeConsent > 0)
    print(`${report.beforeConsent} skipped: recorded before your consent. Their lines are kept.`);
  if (report.ahead > 0) print(`${report.ahead} skipped: dated in the future. Their lines are kept.`);
  if (report.malformed > 0)
    print(
      `${countText(report.malformed, "line")} skipped: invalid JSON or too long. Their positions are kept in not-imported/.`,
    );
}
