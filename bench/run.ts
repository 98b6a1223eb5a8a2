/**
 * `npm run -s bench -- [name…] [--full] [--tiny] [--json]`: runs the named benchmarks, or all (slow
 * ones at 10% load unless `--full`). Prints a table, or with `--json` one object per line:
 * {"name","value","unit","against","ratio","limit","load","ok"}. A failed benchmark does not stop
 * the others. Exits with 1 if one failed or exceeded its limit.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { activation } from "./activation.ts";
import { analytics } from "./analytics.ts";
import { bundles } from "./bundles.ts";
import { capture } from "./capture.ts";
import { enrolling, erasureStorm, idleCloud, oldHours, registryStart } from "./cloud.ts";
import { command } from "./command.ts";
import { dashboard } from "./dashboard.ts";
import { commandLines, firewall, scanner, vocabulary } from "./firewall.ts";
import { firstNumber } from "./first-run.ts";
import { durable } from "./fsync.ts";
import { history } from "./history.ts";
import { historyImport } from "./history-import.ts";
import { hook } from "./hook.ts";
import { ingest } from "./ingest.ts";
import { setLoad } from "./load.ts";
import type { Measurement } from "./measurement.ts";
import { otlp } from "./otlp.ts";
import { python } from "./python.ts";
import { query } from "./query.ts";
import { receiver } from "./receiver.ts";
import { rollup } from "./rollup.ts";
import { backfill, sending } from "./sharing.ts";
import { idle, reading, readingTenMillion, storing } from "./store.ts";

interface Bench {
  /** Names of its measurements. */
  readonly names: readonly string[];
  readonly run: () => Promise<readonly Measurement[]>;
  /** Takes minutes at full load. */
  readonly slow?: boolean;
}

const benches: readonly Bench[] = [
  { names: ["activate-off", "activate-off-shown", "activate-local"], run: activation },
  { names: ["bundle-main", "bundle-dashboard"], run: bundles },
  { names: ["firewall-rate"], run: firewall },
  { names: ["command-line-longest"], run: commandLines },
  { names: ["scanner-growth"], run: scanner },
  { names: ["vocabulary-load", "vocabulary-memory"], run: vocabulary },
  { names: ["capture-p50", "capture-p99"], run: capture },
  { names: ["store-rate", "worker-rate"], run: storing },
  { names: ["idle-own-memory", "idle-resident-memory"], run: idle },
  { names: ["stats-month", "stats-year", "bytes-per-event", "export-memory"], run: reading },
  {
    names: [
      "query-month-commands",
      "query-month-overview",
      "query-year-overview",
      "query-year-filter",
      "query-year-filter-cached",
      "query-year-two-filters",
      "query-sessions",
    ],
    run: query,
  },
  { names: ["command-help", "command-status", "command-stats", "command-overview"], run: command },
  {
    names: [
      "dashboard-first",
      "dashboard-interactive",
      "dashboard-change",
      "dashboard-complete",
      "dashboard-drawer",
      "dashboard-drawer-complete",
    ],
    run: dashboard,
  },
  { names: ["first-sample", "first-choice", "first-command", "first-number"], run: firstNumber },
  { names: ["history-rate", "history-memory"], run: history },
  { names: ["history-import"], run: historyImport },
  { names: ["hook-p50", "hook-to-cat", "hook-64k-to-cat"], run: hook },
  { names: ["otlp-rate"], run: otlp },
  { names: ["receiver-p50", "receiver-p95", "receiver-burst-lost"], run: receiver },
  { names: ["python-record-p50", "python-record-mean"], run: python },
  {
    names: [
      "ingest-rate",
      "ingest-to-raw",
      "ingest-answer-p99",
      "ingest-overload-turned-away",
      "ingest-overload-memory",
    ],
    run: ingest,
  },
  { names: ["erasure-storm"], run: erasureStorm },
  { names: ["enrol-rate"], run: enrolling },
  { names: ["old-hours"], run: oldHours },
  { names: ["registry-start-million"], run: registryStart, slow: true },
  { names: ["cloud-idle-memory"], run: idleCloud },
  { names: ["rollup-day-ten-million"], run: rollup, slow: true },
  {
    names: ["analytics-metric", "analytics-grouped", "analytics-funnel", "analytics-retention", "analytics-paths"],
    run: analytics,
    slow: true,
  },
  { names: ["send-rate"], run: sending },
  { names: ["backfill-rate", "backfill-memory"], run: backfill, slow: true },
  { names: ["stats-month-ten-million", "stats-year-ten-million"], run: readingTenMillion, slow: true },
  { names: ["batch-to-durable-p50", "batch-acknowledged-p50"], run: durable },
];

const known = benches.flatMap(({ names }) => names);
const help = `Runs the named benchmarks, or all.

npm run -s bench -- [name…] [--full] [--tiny] [--json]

--full  run slow benchmarks at full load (default: 10% unless named)
--tiny  check that every benchmark runs: minimal load, no limits
--json  print one JSON object per line

Names: ${known.join(", ")}`;

function readArguments() {
  const flag = { type: "boolean" } as const;
  try {
    return parseArgs({
      allowPositionals: true,
      options: { json: flag, full: flag, tiny: flag, help: { ...flag, short: "h" } },
    });
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${help}`);
    process.exit(2);
  }
}

const { values, positionals } = readArguments();
if (values.help === true) {
  console.log(help);
  process.exit(0);
}
const unknown = positionals.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`Unknown benchmark: ${unknown.join(", ")}. Valid names: ${known.join(", ")}`);
  process.exit(2);
}
const isSelected = (name: string) => positionals.length === 0 || positionals.includes(name);

/** Load factors; published results use 1. */
const loads = { full: 1, slow: 0.1, tiny: 0.002 } as const;

function loadOf({ slow = false }: Bench): number {
  if (values.tiny === true) return loads.tiny;
  return slow && positionals.length === 0 && values.full !== true ? loads.slow : loads.full;
}

interface Row extends Measurement {
  readonly load: number;
}

async function measure(bench: Bench): Promise<readonly Row[]> {
  const load = loadOf(bench);
  setLoad(load);
  const measurements = (await bench.run()).filter(({ name }) => isSelected(name));
  return measurements.map((measurement) => ({
    ...measurement,
    load,
    ok: values.tiny === true || measurement.ok,
  }));
}

execFileSync(process.execPath, ["esbuild.mjs"], {
  cwd: fileURLToPath(new URL("..", import.meta.url)),
  stdio: "inherit",
});
const rows: Row[] = [];
const failed: string[] = [];
for (const bench of benches) {
  if (!bench.names.some(isSelected)) continue;
  if (values.json !== true) console.error(`${bench.names.join(", ")} …`);
  try {
    for (const row of await measure(bench)) {
      rows.push(row);
      if (values.json === true) console.log(JSON.stringify(row));
    }
  } catch (error) {
    failed.push(...bench.names);
    console.error(`${bench.names.join(", ")} failed:`, error);
  }
}
if (values.json !== true) {
  console.table(
    rows.map(({ name, value, unit, limit, ratio, against, load, ok }) => ({
      name,
      value,
      unit,
      limit,
      ratio,
      against,
      load,
      ok,
    })),
  );
}
if (failed.length > 0) console.error(`failed: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 && rows.every(({ ok }) => ok) ? 0 : 1;
