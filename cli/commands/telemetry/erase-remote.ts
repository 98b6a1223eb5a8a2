/** `nexus telemetry erase-remote`: requests erasure from every server that received data. */
import { countText } from "../../../shared/text/format.ts";
import { exitCodes } from "../../exit.ts";
import { type JsonOption, print } from "../../output/print.ts";
import { printSyncReport } from "../../output/sync-report.ts";
import { withService } from "../../runtime.ts";

export function run({ json }: JsonOption): Promise<void> {
  return withService(async (service) => {
    printSyncReport(await service.eraseRemotely(), json === true);
    const { erasures = 0, erasing = 0 } = service.reader.status().sharing ?? {};
    if (erasures > erasing) print(`Not confirmed by ${countText(erasures - erasing, "server")}.`);
    if (erasures > 0) process.exitCode = exitCodes.notNow;
  });
}
