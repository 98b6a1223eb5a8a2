/** Time of a whole `nexus` process. Baseline: `node -e 0` in the same rounds. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { scaled } from "./load.ts";
import { figure, type Measurement, quantile } from "./measurement.ts";
import { yearOf } from "./year.ts";

const script = fileURLToPath(new URL("../dist/cli/nexus.cjs", import.meta.url));
const rounds = 25;

export async function command(): Promise<readonly Measurement[]> {
  const home = mkdtempSync(join(tmpdir(), "nexus-bench-"));
  try {
    const env = { PATH: process.env["PATH"], HOME: home };
    yearOf(join(home, "nexus", "state", "telemetry.db"), scaled(1_000_000, 4_000)).close();
    const cases = {
      node: ["-e", "0"],
      help: [script, "--help"],
      status: [script, "telemetry", "status"],
      stats: [script, "stats", "--by", "command", "--year"],
      overview: [script, "stats"],
    };
    const names = Object.keys(cases) as (keyof typeof cases)[];
    const times = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
      keyof typeof cases,
      number[]
    >;
    for (let round = 0; round < scaled(rounds); round += 1) {
      for (const [name, args] of Object.entries(cases)) {
        const start = performance.now();
        const { status } = spawnSync(process.execPath, args, { env });
        times[name as keyof typeof cases].push(performance.now() - start);
        if (status !== 0) throw new Error(`${name} exited with ${status}`);
      }
    }
    const median = (name: keyof typeof cases) => quantile(times[name], 0.5);
    const against = "node -e 0, cold";
    const of = (name: Exclude<keyof typeof cases, "node">, limit: number) =>
      figure({ name: `command-${name}`, unit: "×", value: median(name) / median("node"), against, baseline: 1, limit });
    return [of("help", 1.5), of("status", 2), of("stats", 2.5), of("overview", 10)];
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
