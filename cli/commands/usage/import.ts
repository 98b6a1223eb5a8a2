/** `nexus usage import`: reads the event logs. */
import { countText, sizeText } from "../../../shared/words.ts";
import { type JsonOption, print, printJson } from "../../print.ts";
import { importLogs, withWorker } from "../../product.ts";

export function run({ json }: JsonOption): Promise<void> {
  return withWorker(async (worker) => {
    const report = await importLogs(worker);
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
