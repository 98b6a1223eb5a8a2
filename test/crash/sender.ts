/**
 * Records events, prints how many were acknowledged, and uploads them. Kills itself after a given
 * step, or is killed. Arguments: home, server, events to record, step after which to exit (0:
 * none).
 */
import { v4, v7 } from "uuid";
import { systemClock } from "../../server/clock.ts";
import { displayedNotice } from "../../server/config/consent-log.ts";
import { pathsFrom } from "../../server/config/paths.ts";
import { silentListener, TelemetryCore } from "../../server/worker/core.ts";
import { TelemetryService } from "../../server/worker/service.ts";
import { categories } from "../../shared/schema/categories.ts";
import { markRaw } from "../../shared/schema/raw.ts";

const [home = "", url = "", count = "0", dieAfter = "0"] = process.argv.slice(2);
const print = (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`);
const env = { NEXUS_USAGE_UPLOAD_URL: url };
let steps = 0;
const worker = new TelemetryService(
  new TelemetryCore(pathsFrom(env, home), env, { telemetry: true, enabled: true, proxy: null }, systemClock, {
    ...silentListener,
    uploadStep: (step) => {
      steps += 1;
      print({ step });
      if (steps === Number(dieAfter)) process.kill(process.pid, "SIGKILL");
    },
  }),
);
if (worker.reader.status().permission?.consent === "never_asked") {
  worker.giveConsent({
    mode: "share",
    collect: categories,
    share: categories,
    destination: new URL(url).href,
    automatic: false,
    schema: 1,
    earlierEvents: false,
    notice: displayedNotice,
    via: "terminal",
  });
}
const session = v4();
const events = Array.from({ length: Number(count) }, (_, n) =>
  markRaw({
    id: v7(),
    event_type: "agent_event",
    ts: Date.now(),
    utc_offset_min: 60,
    session_id: session,
    seq: n + 1,
    source: "vscode_terminal",
    stream: "tool",
    tool_name: "run_terminal_cmd",
    tool_phase: "start",
    command_line: "git push",
  }),
);
for (let from = 0; from < events.length; from += 50) {
  const outcome = worker.record({ events: events.slice(from, from + 50) });
  if (outcome.outcome === "stored") print({ stored: outcome.stored });
  else print({ error: outcome });
}
const report = await worker.sync();
print({ report });
worker.close();
