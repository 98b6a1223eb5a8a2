/**
 * Events per second through the firewall on one core, with typical terminal commands. Baseline:
 * parsing the same events from JSON, which any reader must do.
 *
 * Also the scanner's growth: the time of 1 MB divided by that of 100 kB, for the worst of several
 * hostile texts (10 is linear); the slowest of long command lines; and the cost of loading the
 * vocabulary.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { v4 } from "uuid";
import { lineCommand } from "../server/privacy/command/line-command.ts";
import { allowAll, Firewall } from "../server/privacy/firewall.ts";
import { NameHasher, Salt } from "../server/privacy/identity.ts";
import { scan } from "../server/privacy/scanner/scan.ts";
import { markRaw } from "../shared/schema/raw.ts";
import { scaled } from "./load.ts";
import { figure, type Measurement, medianMs, quantile } from "./measurement.ts";
import { typicalEvent } from "./sample.ts";

const events = 100_000;
const rounds = 9;

export async function firewall(): Promise<readonly Measurement[]> {
  const salt = Salt.random();
  const wall = new Firewall(new NameHasher(() => salt));
  const session = v4();
  const raw = Array.from({ length: scaled(events) }, (_, n) => typicalEvent(session, n));
  const lines = raw.map((event) => JSON.stringify(event));
  const now = Date.now();
  const admitted = medianMs(() => {
    for (const event of raw) {
      if (wall.admit(markRaw(event), allowAll, now) === undefined) throw new Error("the firewall rejected a sample");
    }
  }, scaled(rounds));
  const parsed = medianMs(() => {
    for (const line of lines) JSON.parse(line);
  }, scaled(rounds));
  const perSecond = (ms: number) => raw.length / (ms / 1_000);
  return [
    figure({
      name: "firewall-rate",
      unit: "events/s",
      value: perSecond(admitted),
      against: "JSON.parse of the same events",
      baseline: perSecond(parsed),
      limit: 150_000,
      atLeast: true,
    }),
  ];
}

/** Repeated texts that cause backtracking in careless patterns. */
const hostile = [
  "a",
  "1",
  ".",
  "a@",
  "/",
  "\\",
  ":",
  "-",
  " ",
  "ab:",
  "12 ",
  "1.1.",
  "key",
  "key-",
  "password ",
  "http://",
];
const hostileToo = [
  "+1 ",
  "a.b@c",
  "~a/",
  "/Users/a b",
  "sk_",
  "1°",
  "DE12 ",
  "lat:1.",
  "AB12-",
  "a.local.",
  "\ud800",
  "%",
];

export async function scanner(): Promise<readonly Measurement[]> {
  const texts = [...hostile, ...hostileToo];
  const msOf = (length: number) =>
    texts.map((unit) => {
      const text = unit.repeat(Math.ceil(length / unit.length));
      const times = [0, 1, 2].map(() => {
        const start = performance.now();
        scan(text);
        return performance.now() - start;
      });
      return Math.min(...times);
    });
  const tenth = msOf(scaled(100_000, 1_000));
  const full = msOf(scaled(1_000_000, 10_000));
  const growth = full.map((ms, n) => ms / (tenth[n] ?? Number.NaN));
  return [
    figure({
      name: "scanner-growth",
      unit: "×",
      value: Math.max(...growth),
      against: "linear growth",
      baseline: 10,
      limit: 20,
    }),
  ];
}

/** Pieces of lines, repeated to the length of the longest line in a collection of 890,760: 222 kB. */
const pieces = [
  "git commit -m 'a b' && ",
  'cd "$(pwd)"; ',
  "cat <<'E'\nbody\nE\n",
  "if [[ -n $A ]]; then make; fi\n",
  "docker compose exec web sh -c 'npm test' | ",
  'A=$(echo "$(date)") ',
  "C:\\work\\x.exe ",
  "\\a",
  "'",
  '"$(',
  "(",
  "{ ",
  "# x\n",
  "sudo ",
  "-x a ",
  // One word that a pattern could read again and again.
  "/.local/b",
  "[@",
  "\u001b]",
];

/** The slowest of long lines through the firewall's reader of command lines. */
export async function commandLines(): Promise<readonly Measurement[]> {
  const length = scaled(222_000, 20_000);
  const repeated = pieces.map((piece) => piece.repeat(Math.ceil(length / piece.length)));
  const lines = [...repeated, ...repeated.map((line) => `npx a${line}`)];
  const fastest = (work: (line: string) => unknown, line: string) => {
    const times = [0, 1, 2, 3, 4].map(() => {
      const start = performance.now();
      work(line);
      return performance.now() - start;
    });
    return Math.min(...times);
  };
  const times = lines.map((line) => fastest(lineCommand, line));
  const slowest = times.indexOf(Math.max(...times));
  return [
    figure({
      name: "command-line-longest",
      unit: "ms",
      value: times[slowest] ?? Number.NaN,
      against: "splitting the same line at blanks",
      baseline: fastest((line) => line.split(" ").length, lines[slowest] ?? ""),
      limit: 20,
    }),
  ];
}

/** Measures the bundled vocabulary in a child process, so that no module is loaded before. */
export async function vocabulary(): Promise<readonly Measurement[]> {
  const folder = mkdtempSync(join(tmpdir(), "nexus-bench-"));
  const bundle = async (name: string, source: string) => {
    const outfile = join(folder, `${name}.cjs`);
    const entryPoints = [fileURLToPath(new URL(source, import.meta.url))];
    await build({ entryPoints, outfile, bundle: true, minify: true, platform: "node", format: "cjs" });
    return outfile;
  };
  const script = `
    globalThis.gc();
    const before = process.memoryUsage().heapUsed;
    const start = performance.now();
    const { isCommandPath } = require(process.argv[1]);
    isCommandPath?.("git commit");
    const ms = performance.now() - start;
    globalThis.gc();
    console.log(JSON.stringify({ ms, bytes: process.memoryUsage().heapUsed - before }));`;
  const load = (file: string) => {
    const runs: { ms: number; bytes: number }[] = [0, 1, 2, 3, 4].map(() =>
      JSON.parse(execFileSync(process.execPath, ["--expose-gc", "-e", script, file], { encoding: "utf8" })),
    );
    const median = (key: "ms" | "bytes") =>
      quantile(
        runs.map((run) => run[key]),
        0.5,
      );
    return { ms: median("ms"), bytes: median("bytes") };
  };
  try {
    const loaded = load(await bundle("vocabulary", "../server/privacy/vocabulary.ts"));
    const nothing = load(await bundle("nothing", "../shared/schema/categories.ts"));
    const against = "module with one short list";
    return [
      figure({ name: "vocabulary-load", unit: "ms", value: loaded.ms, against, baseline: nothing.ms, limit: 20 }),
      figure({
        name: "vocabulary-memory",
        unit: "bytes",
        value: loaded.bytes,
        against,
        baseline: nothing.bytes,
        limit: 1_048_576,
      }),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
