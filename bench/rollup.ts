/** Recomputation of one day's hourly rollups in a warehouse with 10 million events. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { scaled } from "./load.ts";
import { figure, type Measurement } from "./measurement.ts";

const runner = fileURLToPath(new URL("rollup-runner.ts", import.meta.url));

export async function rollup(): Promise<readonly Measurement[]> {
  const events = scaled(10_000_000, 20_000);
  const text = execFileSync(process.execPath, [runner, String(events)], { encoding: "utf8" });
  const { ms, cells, countMs } = JSON.parse(text);
  return [
    figure({
      name: "rollup-day-ten-million",
      unit: "ms",
      value: ms,
      limit: 1_000,
      against: `counting that day's events (${cells} cells)`,
      baseline: countMs,
    }),
  ];
}
