/** `nexus usage` and `nexus sync`: event logs in, batches out. */
import type { SyncReport } from "../server/upload/uploader.ts";
import { countText, sizeText } from "../shared/words.ts";
import type { JsonOption } from "./consent.ts";
import { exitCodes } from "./exit.ts";
import { print, printJson, progressLine, timeText } from "./print.ts";
import { withWorker } from "./product.ts";

interface UploadOptions extends JsonOption {
  readonly dryRun?: boolean;
  readonly limit?: number;
  readonly onlyFlush?: boolean;
}

export function usageUpload({ dryRun, limit, onlyFlush, json }: UploadOptions): Promise<void> {
  return withWorker(async (worker) => {
    if (dryRun !== true) {
      printReport(await worker.sync({ asked: true, limit, onlyFlush }), json === true);
      return;
    }
    const next = worker.preview(limit);
    if (json === true) {
      // The exact bytes, and no more than they.
      process.stdout.write(next?.body ?? "");
    } else if (next === null) print("Nothing is to be sent.");
    else {
      const placeholder = next.placeholder ? " You have not agreed to share: the id is a placeholder." : "";
      print(`${countText(next.events, "event")}, ${sizeText(Buffer.byteLength(next.body))}.${placeholder}`);
      print(JSON.stringify(JSON.parse(next.body), null, 2));
      print("These are the bytes with line breaks added. --json prints them exactly as they are sent.");
    }
  });
}

const sentences: Readonly<Record<SyncReport["outcome"], string>> = {
  done: "Done.",
  not_permitted: "Nothing may be sent.",
  busy: "Nothing was sent.",
  waiting: "It is tried again later.",
  paused: "Sending stands still. Run nexus sync to try again.",
  failed: "This did not work.",
  stopped: "Sending was stopped.",
};

export function printReport(report: SyncReport, json: boolean): void {
  if (json) printJson({ version: 1, ...report });
  else {
    if (report.outcome === "done" || report.batches > 0)
      print(`Sent ${countText(report.events, "event")} in ${countText(report.batches, "batch", "batches")}.`);
    if (report.erased > 0) print(`${countText(report.erased, "server")} confirmed that what you shared is erased.`);
    if (report.rejected > 0)
      print(`The server refused ${countText(report.rejected, "batch", "batches")}; see rejected/ in the outbox.`);
    for (const { name, reason } of report.setAside) print(`${name} in the outbox was set aside: ${reason}.`);
    if (report.reason !== null) print(report.reason);
    if (report.untilMs !== null) print(`The next try is due at ${timeText(report.untilMs)}.`);
    if (report.outcome !== "done") print(sentences[report.outcome]);
  }
  if (report.outcome !== "done") process.exitCode = report.outcome === "failed" ? exitCodes.failed : exitCodes.notNow;
}

export function usageImport({ json }: JsonOption): Promise<void> {
  return withWorker(async (worker) => {
    const progress = (done: number, total: number) => progressLine(`Read ${sizeText(done)} of ${sizeText(total)}`);
    const report = await worker.importLogs({ progress });
    progressLine("");
    if (json === true) printJson({ version: 1, ...report });
    else if (report === undefined) print("NEXUS_EVENT_LOG=0: event logs are not read.");
    else {
      print(
        `Read ${countText(report.lines, "line")} of ${countText(report.files, "file")} (${sizeText(report.bytes)}).`,
      );
      print(`Stored ${countText(report.stored, "event")}; ${report.repeated} were stored before.`);
      if (report.refused > 0) print(`The firewall refused ${report.refused}.`);
      if (report.earlier > 0) print(`${report.earlier} happened before your consent and were not taken.`);
      if (report.malformed > 0) print(`${countText(report.malformed, "line")} could not be read as JSON.`);
    }
  });
}
