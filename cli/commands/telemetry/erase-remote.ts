/** `nexus telemetry erase-remote`: asks every server that was sent something to erase it. */
import { countText } from "../../../shared/words.ts";
import { exitCodes } from "../../exit.ts";
import { type JsonOption, print } from "../../print.ts";
import { withWorker } from "../../product.ts";
import { printReport } from "../../report.ts";

export function run({ json }: JsonOption): Promise<void> {
  return withWorker(async (worker) => {
    printReport(await worker.eraseRemotely(), json === true);
    const left = worker.status().sharing?.erasures ?? 0;
    if (left > 0) {
      print(`${countText(left, "server")} has not confirmed yet; it is asked again with the next sync.`);
      process.exitCode = exitCodes.notNow;
    }
  });
}
