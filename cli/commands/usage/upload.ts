/** `nexus usage upload` and `nexus sync`: sends what may be shared, or shows it. */
import type { TelemetryService } from "../../../server/worker/service.ts";
import { countText, sizeText } from "../../../shared/text/format.ts";
import { type JsonOption, print } from "../../output/print.ts";
import { printSyncReport } from "../../output/sync-report.ts";
import { isAttended } from "../../output/terminal.ts";
import { withService } from "../../runtime.ts";
import { ask } from "../telemetry/enable.ts";

interface UploadOptions extends JsonOption {
  readonly dryRun?: boolean;
  readonly limit?: number;
  readonly onlyFlush?: boolean;
  readonly rejected?: boolean;
}

export function run({ dryRun, limit, onlyFlush, rejected, json }: UploadOptions): Promise<void> {
  return withService(async (worker) => {
    if (dryRun !== true) {
      await askFirst(worker, json === true);
      printSyncReport(await worker.sync({ userInitiated: true, limit, onlyFlush, rejected }), json === true);
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
      if (limit !== undefined && next.events > limit)
        print(`The batch is frozen and is sent whole, although --limit is ${limit}.`);
      print(JSON.stringify(JSON.parse(next.body), null, 2));
      print("These are the bytes with line breaks added. --json prints them exactly as they are sent.");
    }
  });
}

/** Where nothing was agreed to yet and somebody is there to be asked, the sending begins with the question. */
async function askFirst(worker: TelemetryService, json: boolean): Promise<void> {
  const { permission, sharing } = worker.status();
  const hasConsent = permission === null || permission.agreedShare.length > 0 || sharing?.destination === null;
  if (!hasConsent && !json && isAttended()) await ask(worker, true);
}
