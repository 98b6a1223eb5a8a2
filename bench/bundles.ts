/** Sizes of the bundles in bytes. Baseline: the client library, which is loaded on demand. */
import { statSync } from "node:fs";
import { figure, type Measurement } from "./measurement.ts";

const size = (name: string): number => statSync(new URL(`../dist/${name}`, import.meta.url)).size;

export async function bundles(): Promise<readonly Measurement[]> {
  const against = "client library (loaded on demand)";
  const baseline = size("worker-client.cjs");
  return [
    figure({ name: "bundle-main", unit: "bytes", value: size("extension.cjs"), against, baseline, limit: 16 * 1024 }),
    figure({
      name: "bundle-dashboard",
      unit: "bytes",
      value: size("dashboard.js"),
      against,
      baseline,
      limit: 160 * 1024,
    }),
  ];
}
