/** `nexus usage` and `nexus sync`: event logs in, batches out. */
import type { Worker } from "../server/worker.ts";
import { countText, sizeText } from "../shared/words.ts";
import type { JsonOption } from "./consent.ts";
import { print, printJson, progressLine } from "./print.ts";
import { withWorker } from "./product.ts";
import { printReport } from "./report.ts";
import { askToShare } from "./telemetry.ts";

interface UploadOptions extends JsonOption {
  readonly dryRun?: boolean;
  readonly limit?: number;
  readonly onlyFlush?: boolean;
}

export function usageUpload({ dryRun, limit, onlyFlush, json }: UploadOptions): Promise<void> {
  return withWorker(async (worker) => {
    if (dryRun !== true) {
      await askFirst(worker, json === true);
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

/** Where nothing was agreed to yet and somebody is there to be asked, the sending begins with the question. */
async function askFirst(worker: Worker, json: boolean): Promise<void> {
  const { permission, sharing } = worker.status();
  const asked = permission === null || permission.agreedShare.length > 0 || sharing?.destination === null;
  if (!asked && !json && process.stdin.isTTY && process.stdout.isTTY) await askToShare(worker);
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
