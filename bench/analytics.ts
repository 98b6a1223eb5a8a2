/** Questions to a warehouse with ten million events of 90 days and 100,000 users, against one direct statement each. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { scaled } from "./load.ts";
import { figure, type Measurement } from "./measurement.ts";

const runner = fileURLToPath(new URL("analytics-runner.ts", import.meta.url));

interface Times {
  readonly ms: number;
  readonly directMs: number;
}

/** Limits in milliseconds at full load. */
const limits = {
  "analytics-metric": 150,
  "analytics-grouped": 300,
  "analytics-funnel": 600,
  "analytics-retention": 400,
  "analytics-paths": 1_000,
} as const;

export async function analytics(): Promise<readonly Measurement[]> {
  const events = scaled(10_000_000, 20_000);
  const times: Readonly<Record<keyof typeof limits, Times>> = JSON.parse(
    execFileSync(process.execPath, [runner, String(events)], { encoding: "utf8" }),
  );
  return (Object.keys(limits) as readonly (keyof typeof limits)[]).map((name) =>
    figure({
      name,
      unit: "ms",
      value: times[name].ms,
      limit: limits[name],
      against: "one direct statement over the raw events",
      baseline: times[name].directMs,
    }),
  );
}
