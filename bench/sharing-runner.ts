/**
 * One measured run in a child process: `consent|import|fill|sync|post HOME [URL] [N]`. Sends its
 * result over IPC.
 */
import { readFileSync } from "node:fs";
import { Agent, request } from "undici";
import { v4, v7 } from "uuid";
import { systemClock } from "../server/clock.ts";
import { displayedNotice } from "../server/config/consent-log.ts";
import { pathsFrom } from "../server/config/paths.ts";
import { markClean } from "../server/privacy/clean-event.ts";
import { Store } from "../server/store/store.ts";
import { silentListener, TelemetryCore } from "../server/worker/core.ts";
import { productInfo } from "../server/worker/product-info.ts";
import { TelemetryService } from "../server/worker/service.ts";
import { categories, categoryBits } from "../shared/schema/categories.ts";

const [action = "", home = "", url, amount = "0"] = process.argv.slice(2);
const env = { NEXUS_USAGE_UPLOAD_URL: url };
const paths = pathsFrom(env, home);

function newWorker(): TelemetryService {
  return new TelemetryService(
    new TelemetryCore(paths, env, { telemetry: true, enabled: true, proxy: null }, systemClock, silentListener),
  );
}

/** Writes command starts, which schema 1 can send, directly to the store. */
function fill(events: number): void {
  const store = new Store(paths.database, productInfo, systemClock);
  const perSession = 10_000;
  for (let done = 0; done < events; done += perSession) {
    const sessionId = v4();
    const nowMs = Date.now();
    const batch = Array.from({ length: Math.min(perSession, events - done) }, (_, n) =>
      markClean({
        id: v7(),
        type: "agent_event",
        tsMs: nowMs,
        utcOffsetMin: 60,
        sessionId,
        source: "vscode_terminal",
        seq: n + 1,
        payload: { stream: "tool", tool_name: "run_terminal_cmd", tool_phase: "start", command_path: "git commit" },
      }),
    );
    store.write(batch, true, { bits: categoryBits(categories), sinceMs: 0 });
  }
  store.close();
}

/** Sends 1,000 requests, one after the other. */
async function post(bytes: number): Promise<void> {
  const dispatcher = new Agent({ connections: 1, pipelining: 1 });
  const body = Buffer.alloc(bytes, "x");
  for (let n = 0; n < 1_000; n += 1) {
    const response = await request(url ?? "", { dispatcher, method: "POST", body });
    await response.body.text();
  }
  await dispatcher.close();
}

async function run(): Promise<number> {
  switch (action) {
    case "consent": {
      const worker = newWorker();
      const share = url !== undefined;
      worker.giveConsent({
        mode: share ? "share" : "local",
        collect: categories,
        share: share ? categories : [],
        destination: share ? new URL(url).href : null,
        automatic: false,
        schema: 1,
        earlierEvents: false,
        via: "terminal",
        notice: displayedNotice,
      });
      worker.close();
      return 0;
    }
    case "import": {
      const worker = newWorker();
      const report = await worker.importLogs();
      worker.close();
      return report?.stored ?? 0;
    }
    case "sync": {
      const worker = newWorker();
      const report = await worker.sync();
      worker.close();
      return report.events;
    }
    case "fill":
      fill(Number(amount));
      return 0;
    default:
      await post(Number(amount));
      return 0;
  }
}

const start = performance.now();
const count = await run();
const ms = performance.now() - start;
const status = readFileSync("/proc/self/status", "utf8");
const maxBytes = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) * 1_024;
process.send?.({ ms, count, maxBytes: maxBytes }, () => process.disconnect());
