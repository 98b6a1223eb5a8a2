/** Prints the report of a sync and sets the exit code. */

import type { SyncReport } from "../../server/upload/sync/report.ts";
import { textsOf } from "../../shared/protocol/message.ts";
import { erasureMessages, reportMessages } from "../../shared/text/sentences.ts";
import { exitCodes } from "../exit.ts";
import { reportJson } from "./message-json.ts";
import { print, printJson } from "./print.ts";

const sentences: Readonly<Record<SyncReport["outcome"], string>> = {
  done: "",
  not_permitted: "Sharing is off or blocked.",
  busy: "Nothing was sent.",
  waiting: "Run nexus sync to retry now.",
  paused: "Uploading is paused. When the cause is removed, run nexus sync.",
  failed: "Upload failed.",
  stopped: "Upload stopped.",
};

export function printSyncReport(report: SyncReport, json: boolean): void {
  const message = textsOf(reportMessages(report, Date.now()));
  if (json) printJson({ version: 2, ...reportJson(report), message });
  else {
    print(message);
    if (report.erased + report.erasing > 0) print(textsOf(erasureMessages(report)));
    if (report.rejected > 0)
      print("For the reason, see rejected/ in the outbox. To retry: nexus usage upload --rejected");
    for (const { name, reason } of report.quarantined) print(`Quarantined ${name} in the outbox: ${reason}.`);
    if (report.outcome !== "done") print(sentences[report.outcome]);
  }
  process.exitCode = exitCodeOf(report);
}

function exitCodeOf({ outcome, rejected }: SyncReport): number {
  if (outcome === "failed" || rejected > 0) return exitCodes.failed;
  return outcome === "done" ? exitCodes.done : exitCodes.notNow;
}
