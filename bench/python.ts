/** Time of `record_command` in the Python SDK, including writes. Baseline: starting `node -e 0`. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decide } from "../test/fixtures/consented.ts";
import { scaled } from "./load.ts";
import { figure, type Measurement } from "./measurement.ts";

const source = fileURLToPath(new URL("../sdk/python/src", import.meta.url));

const program = `
import json, sys, time
from nexus_telemetry import CommandEvent, TelemetryCollector
collector = TelemetryCollector()
event = CommandEvent("git push origin", profile="balanced", duration_ms=412, model="claude-sonnet-4-5", tokens_input=7)
times = []
for _ in range(int(sys.argv[1])):
    started = time.perf_counter_ns()
    assert collector.record_command(event)
    times.append(time.perf_counter_ns() - started)
times.sort()
print(json.dumps([times[len(times) // 2] / 1_000, sum(times) / len(times) / 1_000]))
`;

export function python(): Promise<readonly Measurement[]> {
  const home = mkdtempSync(join(tmpdir(), "nexus-bench-"));
  try {
    const collect = ["command_usage", "performance", "tool_usage", "error_types"];
    const decision = { ts: new Date().toISOString(), mode: "local", collect, notice: { version: "1" } };
    decide(home, decision);
    const env = { PATH: process.env["PATH"], HOME: home, PYTHONPATH: source };
    const startedMs = performance.now();
    spawnSync(process.execPath, ["-e", "0"]);
    const reference = { against: "node -e 0", baseline: (performance.now() - startedMs) * 1_000 };
    const [p50 = 0, mean = 0] = JSON.parse(
      execFileSync("python3", ["-B", "-c", program, String(scaled(20_000, 100))], { env, encoding: "utf8" }),
    );
    return Promise.resolve([
      figure({ name: "python-record-p50", unit: "µs", value: p50, limit: 20, ...reference }),
      figure({ name: "python-record-mean", unit: "µs", value: mean, limit: 20, ...reference }),
    ]);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
