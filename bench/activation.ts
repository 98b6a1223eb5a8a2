/**
 * Activation time of the extension in a warm host with a fake editor; each run is a child process.
 * `activate-off`: until `activate()` returns in mode `off`; `activate-off-shown`: until the status
 * bar item is shown; `activate-local`: until capture runs in mode `local`.
 * Baseline: an extension that does nothing.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decide } from "../test/fixtures/consented.ts";
import { scaled } from "./load.ts";
import { figure, type Measurement, quantile } from "./measurement.ts";

const runs = 15;
const probe = fileURLToPath(new URL("activation-probe.cjs", import.meta.url));
const bundle = fileURLToPath(new URL("../dist/extension.cjs", import.meta.url));
const appBundle = fileURLToPath(new URL("../dist/app.cjs", import.meta.url));

interface Times {
  readonly activatedMs: number;
  readonly totalMs: number;
}

/**
 * Returns the median milliseconds of the extension at `main`, with `home` as the user's home
 * folder.
 */
function activate(main: string, earlier: string, home: string): Times {
  const { PATH = "" } = process.env;
  const measure = (): Times =>
    JSON.parse(execFileSync(process.execPath, [probe, main, earlier], { env: { PATH, HOME: home }, encoding: "utf8" }));
  const times = Array.from({ length: scaled(runs) }, measure);
  const median = (name: keyof Times) =>
    quantile(
      times.map((run) => run[name]),
      0.5,
    );
  return { activatedMs: median("activatedMs"), totalMs: median("totalMs") };
}

export async function activation(): Promise<readonly Measurement[]> {
  const folder = mkdtempSync(join(tmpdir(), "nexus-bench-"));
  try {
    const empty = join(folder, "empty.cjs");
    writeFileSync(empty, "exports.activate = () => {};");
    const home = join(folder, "home");
    // The bundle that is loaded for recording must be in the same folder.
    const earlier = join(folder, "extension.cjs");
    copyFileSync(bundle, earlier);
    copyFileSync(appBundle, join(folder, "app.cjs"));
    const baseline = activate(empty, earlier, folder);
    const against = "an extension that does nothing";
    const off = activate(bundle, earlier, folder);
    const consent = {
      ts: "2026-01-01T00:00:00.000Z",
      mode: "local",
      collect: ["tool_usage"],
      notice: { version: "1" },
    };
    decide(home, consent);
    const local = activate(bundle, earlier, home);
    const of = (name: string, value: number, limit: number) =>
      figure({ name, unit: "ms", value, against, baseline: baseline.totalMs, limit });
    return [
      of("activate-off", off.activatedMs, 1),
      of("activate-off-shown", off.totalMs, 5),
      of("activate-local", local.totalMs, 5),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
