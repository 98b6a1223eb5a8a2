/** What came of a sending, on the terminal. */
import type { SyncReport } from "../server/upload/sync.ts";
import { countText } from "../shared/words.ts";
import { exitCodes } from "./exit.ts";
import { print, printJson, timeText } from "./print.ts";

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
