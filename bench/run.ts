/**
 * `npm run -s bench -- [name…] [--json]`: measures the named figures, or all but the slow ones. With `--json` one object a line:
 * {"name","value","unit","against","ratio","limit","ok"}; else a table. Ends with 1 where a limit is not kept.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { activation } from "./activation.ts";
import { bundles } from "./bundles.ts";
import { capture } from "./capture.ts";
import { command } from "./command.ts";
import { door } from "./door.ts";
import { durable } from "./durable.ts";
import type { Figure } from "./figure.ts";
import { firewall, scanner, vocabulary } from "./firewall.ts";
import { hook } from "./hook.ts";
import { ingest } from "./ingest.ts";
import { page } from "./page.ts";
import { python } from "./python.ts";
import { rollup } from "./rollup.ts";
import { backfill, sending } from "./sharing.ts";
import { idle, reading, readingTenMillion, storing } from "./store.ts";

/** Each measures the figures it names. */
interface Bench {
  readonly names: readonly string[];
  readonly run: () => Promise<readonly Figure[]>;
  /** Takes minutes: run only where it is named. */
  readonly slow?: boolean;
}

const benches: readonly Bench[] = [
  { names: ["activate-off", "activate-off-shown", "activate-local"], run: activation },
  { names: ["bundle-main", "bundle-page"], run: bundles },
  { names: ["firewall-rate"], run: firewall },
  { names: ["scanner-growth"], run: scanner },
  { names: ["vocabulary-load", "vocabulary-memory"], run: vocabulary },
  { names: ["capture-p50", "capture-p99"], run: capture },
  { names: ["store-rate", "worker-rate"], run: storing },
  { names: ["idle-own-memory", "idle-resident-memory"], run: idle },
  { names: ["stats-month", "stats-year", "bytes-per-event", "export-memory"], run: reading },
  { names: ["command-status", "command-stats"], run: command },
  { names: ["page-first", "page-interactive"], run: page },
  { names: ["hook-p50", "hook-to-cat"], run: hook },
  { names: ["door-p50", "door-p95", "door-burst-lost"], run: door },
  { names: ["python-record-p50", "python-record-mean"], run: python },
  {
    names: [
      ...["ingest-rate", "ingest-to-raw", "ingest-answer-p99"],
      ...["ingest-overload-turned-away", "ingest-overload-memory"],
    ],
    run: ingest,
  },
  { names: ["rollup-day-ten-million"], run: rollup, slow: true },
  { names: ["send-rate"], run: sending },
  { names: ["backfill-rate", "backfill-memory"], run: backfill, slow: true },
  { names: ["stats-month-ten-million", "stats-year-ten-million"], run: readingTenMillion, slow: true },
  { names: ["batch-to-durable-p50", "batch-acknowledged-p50"], run: durable },
];

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: "boolean" } } });
const known = benches.flatMap(({ names }) => names);
const unknown = positionals.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(", ")}. Known: ${known.join(", ")}`);
  process.exit(2);
}
const wanted = (name: string, slow = false) => (positionals.length === 0 && !slow) || positionals.includes(name);

execFileSync(process.execPath, ["esbuild.mjs"], {
  cwd: fileURLToPath(new URL("..", import.meta.url)),
  stdio: "inherit",
});
const figures: Figure[] = [];
for (const { names, run, slow } of benches) {
  if (!names.some((name) => wanted(name, slow))) continue;
  for (const measured of await run()) {
    if (!wanted(measured.name, slow)) continue;
    figures.push(measured);
    if (values.json === true) console.log(JSON.stringify(measured));
  }
}
if (values.json !== true) {
  console.table(
    figures.map(({ name, value, unit, limit, ratio, against, ok }) => ({
      name,
      value,
      unit,
      limit,
      ratio,
      against,
      ok,
    })),
  );
}
process.exitCode = figures.every(({ ok }) => ok) ? 0 : 1;
