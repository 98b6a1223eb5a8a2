/**
 * Imports event logs and kills itself after a given step. Arguments: home, step after which to exit
 * (0: none), number of imports.
 */
import { setTimeout as wait } from "node:timers/promises";
import { systemClock } from "../../server/clock.ts";
import { pathsFrom } from "../../server/config/paths.ts";
import { silentListener, TelemetryCore } from "../../server/worker/core.ts";
import { TelemetryService } from "../../server/worker/service.ts";

const [home = "", dieAfter = "0", times = "1"] = process.argv.slice(2);
let steps = 0;
const worker = new TelemetryService(
  new TelemetryCore(pathsFrom({}, home), {}, { telemetry: true, enabled: true, proxy: null }, systemClock, {
    ...silentListener,
    importStep: (step) => {
      steps += 1;
      process.stdout.write(`${step}\n`);
      if (steps === Number(dieAfter)) process.kill(process.pid, "SIGKILL");
    },
  }),
);
for (let n = 0; n < Number(times); n += 1) {
  if (n > 0) await wait(300);
  await worker.importLogs();
}
worker.close();
