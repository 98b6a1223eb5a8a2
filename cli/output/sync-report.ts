/** What came of a sending, on the terminal. */
import type { SyncReport } from "../../server/upload/sync/report.ts";
import { erasureText, reportSentence } from "../../shared/text/format.ts";
import { exitCodes } from "../exit.ts";
import { print, printJson } from "./print.ts";

const sentences: Readonly<Record<SyncReport["outcome"], string>> = {
  done: "",
  not_permitted: "Nothing may be sent.",
  busy: "Nothing was sent.",
  waiting: "nexus sync tries again now.",
  paused: "Sending is paused. Run nexus sync to try again.",
  failed: "Nothing was sent.",
  stopped: "Sending was stopped.",
};

export function printSyncReport(report: SyncReport, json: boolean): void {
  const message = reportSentence(report, Date.now());
  if (json) printJson({ version: 2, ...report, message });
  else {
    print(message);
    if (report.erased + report.erasing > 0) print(erasureText(report));
    if (report.rejected > 0)
      print("See rejected/ in the outbox for the reason. nexus usage upload --rejected tries again.");
    for (const { name, reason } of report.quarantined) print(`${name} in the outbox was set aside: ${reason}.`);
    if (report.outcome !== "done") print(sentences[report.outcome]);
  }
  process.exitCode = exitCodeOf(report);
}

function exitCodeOf({ outcome, rejected }: SyncReport): number {
  if (outcome === "failed" || rejected > 0) return exitCodes.failed;
  return outcome === "done" ? exitCodes.done : exitCodes.notNow;
}
