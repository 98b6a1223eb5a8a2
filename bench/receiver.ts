/**
 * The OpenTelemetry receiver: time until a record is durable, and a burst of which nothing may be
 * lost.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathsFrom } from "../server/config/paths.ts";
import { ReceiverConfig } from "../server/ingest/receiver/receiver-config.ts";
import { ToolCallsRequest } from "../shared/protocol/reports.ts";
import { Exporter, toolResult } from "../test/fixtures/exporter.ts";
import { scaled } from "./load.ts";
import { figure, type Measurement, quantile } from "./measurement.ts";
import { BenchWorker } from "./worker.ts";

const senders = 100;

export async function receiver(): Promise<readonly Measurement[]> {
  const home = mkdtempSync(join(tmpdir(), "nexus-bench-"));
  const [calls, burst] = [scaled(2_000, 201), scaled(10_000, 200)];
  const file = new ReceiverConfig(pathsFrom({}, home).receiverFile);
  const exporter = new Exporter(file.enable(await file.planOpen()), senders);
  const worker = await BenchWorker.start(home);
  try {
    while ((await exporter.send(toolResult(0))) !== 200);
    const times: number[] = [];
    const starts: number[] = [];
    for (let n = 1; n < calls; n += 1) {
      const startedMs = performance.now();
      await exporter.send(toolResult(n));
      times.push(performance.now() - startedMs);
      if (n % 100 !== 0) continue;
      const spawnedMs = performance.now();
      spawnSync(process.execPath, ["-e", "0"]);
      starts.push(performance.now() - spawnedMs);
    }
    let next = calls;
    await Promise.all(
      Array.from({ length: senders }, async () => {
        while (next < calls + burst) {
          next += 1;
          await exporter.send(toolResult(next - 1));
        }
      }),
    );
    const { tools } = await worker.ask(ToolCallsRequest, { period: "today" });
    const reference = { against: "node -e 0", baseline: quantile(starts, 0.5) };
    return [
      figure({ name: "receiver-p50", unit: "ms", value: quantile(times, 0.5), limit: 1, ...reference }),
      figure({ name: "receiver-p95", unit: "ms", value: quantile(times, 0.95), limit: 3, ...reference }),
      figure({
        name: "receiver-burst-lost",
        unit: "calls",
        value: calls + burst - (tools[0]?.calls ?? 0),
        limit: 0,
        against: "calls in the burst",
        baseline: burst,
      }),
    ];
  } finally {
    exporter.close();
    await worker.end();
    rmSync(home, { recursive: true, force: true });
  }
}
