/** `nexus usage upload` and `nexus sync`: uploads pending events, or previews the next batch. */
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
  return withService(async (service) => {
    if (dryRun !== true) {
      await askForConsent(service, json === true);
      printSyncReport(await service.sync({ userInitiated: true, limit, onlyFlush, rejected }), json === true);
      return;
    }
    const next = service.reader.preview(limit);
    if (json === true) {
      // The exact bytes, without a newline.
      process.stdout.write(next?.body ?? "");
    } else if (next === null) print("Nothing to send.");
    else {
      const placeholder = next.placeholder ? " You have not consented to sharing: the ID is a placeholder." : "";
      print(`${countText(next.events, "event")}, ${sizeText(Buffer.byteLength(next.body))}.${placeholder}`);
      if (limit !== undefined && next.events > limit)
        print(`The batch was frozen earlier, so it exceeds --limit ${limit}.`);
      print(JSON.stringify(JSON.parse(next.body), null, 2));
      print("Formatted for reading. Use --json for the exact bytes.");
    }
  });
}

/** Asks for consent to sharing before the upload, if it is missing and the user can be prompted. */
async function askForConsent(service: TelemetryService, json: boolean): Promise<void> {
  const { permission, sharing } = service.reader.status();
  const hasConsent = permission === null || permission.agreedShare.length > 0 || sharing?.destination === null;
  if (!hasConsent && !json && isAttended()) await ask(service, true);
}
