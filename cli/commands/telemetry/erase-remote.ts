/** `nexus telemetry erase-remote`: asks every server that was sent something to erase it. */
import { countText } from "../../../shared/text/format.ts";
import { exitCodes } from "../../exit.ts";
import { type JsonOption, print } from "../../output/print.ts";
import { printSyncReport } from "../../output/sync-report.ts";
import { withService } from "../../runtime.ts";

export function run({ json }: JsonOption): Promise<void> {
  return withService(async (worker) => {
    printSyncReport(await worker.eraseRemotely(), json === true);
    const { erasures = 0, erasing = 0 } = worker.status().sharing ?? {};
    if (erasures > erasing)
      print(`${countText(erasures - erasing, "server")} has not confirmed yet; it is asked again with the next sync.`);
    if (erasures > 0) process.exitCode = exitCodes.notNow;
  });
}
