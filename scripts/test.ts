/**
 * `npm test`: every check there is, one suite after the other, and at the end the plain count over all of them.
 *
 * A suite that cannot run here is reported as skipped, by name and reason; with CI set, a skip is a failure. One that does not
 * end in its time is ended with all that it started, and has failed.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findChromium } from "./browser.ts";
import { hasServer } from "./vscode-server/server.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const results = join(root, "out", "results");

const minutes = 60_000;
const maxSuiteMs = 10 * minutes;
const end = Date.now() + 45 * minutes;

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

interface Suite {
  readonly name: string;
  readonly run: () => Promise<Count>;
  /** Why it cannot run here, where it cannot. */
  readonly missing?: () => string | undefined;
}

/** Ends what runs now, with all that it started. */
let endRunning = (): void => undefined;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    endRunning();
    process.exit(1);
  });
}

/** Runs a program in a process group of its own, shows what it prints, and resolves with its exit code and output. */
function run(command: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const own = process.platform !== "win32";
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], detached: own });
    endRunning = () => {
      try {
        if (child.pid !== undefined) process.kill(own ? -child.pid : child.pid, "SIGKILL");
      } catch (error) {
        // Usually nobody is left.
        if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
      }
    };
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk;
      process.stdout.write(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => process.stderr.write(chunk));
    const time = Math.max(1, Math.min(maxSuiteMs, end - Date.now()));
    const late = setTimeout(() => {
      console.error(
        `\nnot ended after ${Math.round(time / 1000)} s, and ended with all that it started: ${command} ${args.join(" ")}`,
      );
      endRunning();
      resolve({ code: 1, output });
    }, time);
    child.once("error", reject);
    child.once("exit", (code) => {
      clearTimeout(late);
      endRunning();
      const done = () => resolve({ code: code ?? 1, output });
      child.once("close", done);
      // What left its group may hold its output open for ever.
      setTimeout(done, 5_000).unref();
    });
  });
}

/** A check that passes or fails as a whole. */
async function check(script: string): Promise<Count> {
  const { code } = await run("npm", ["run", "--silent", script]);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

async function vitest(project: string, ...flags: readonly string[]): Promise<Count> {
  const file = join(results, `${project}.json`);
  rmSync(file, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const { code } = await run("vitest", ["run", "--project", project, ...reporters, ...flags]);
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
  const { numPassedTests, numFailedTests, numPendingTests, numTotalTests } = JSON.parse(readFileSync(file, "utf8"));
  // A file that cannot be loaded has no test that could fail.
  const failed = Math.max(numFailedTests, code === 0 ? 0 : 1);
  return {
    passed: numPassedTests,
    failed,
    skipped: Math.max(numPendingTests, numTotalTests - numPassedTests - numFailedTests),
  };
}

async function host(): Promise<Count> {
  const { output } = await run(process.execPath, ["test/host/run.ts"]);
  const last = output.trimEnd().split("\n").at(-1) ?? "";
  try {
    return { skipped: 0, ...JSON.parse(last) };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

const python = join(root, "out", "python", "bin", "python");

/** Runs pytest, and reads the counts from its report. */
async function pytest(): Promise<Count> {
  const file = join(results, "python.xml");
  rmSync(file, { force: true });
  const { code } = await run(python, ["-m", "pytest", "-q", `--junitxml=${file}`, "sdk/python"]);
  const report = existsSync(file) ? readFileSync(file, "utf8") : "";
  const count = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(report)?.[1] ?? 0);
  const failed = Math.max(count("errors") + count("failures"), code === 0 && report !== "" ? 0 : 1);
  return {
    passed: Math.max(0, count("tests") - count("errors") - count("failures") - count("skipped")),
    failed,
    skipped: count("skipped"),
  };
}

const needsPython = () => (existsSync(python) ? undefined : "Python's tools are not installed; set-up says why");

const needsEditor = () =>
  !hasServer()
    ? "VS Code's server host is not installed; set-up says why"
    : findChromium() === undefined
      ? "no Chromium found; set-up says why"
      : undefined;

const suites: readonly Suite[] = [
  { name: "types", run: () => check("types") },
  { name: "lint and format", run: () => check("lint") },
  { name: "build", run: () => check("build") },
  { name: "units", run: () => vitest("unit") },
  { name: "the store on Node's own SQLite", run: () => vitest("node-sqlite") },
  { name: "writers that crash", run: () => vitest("crash") },
  { name: "the product in simulated time", run: () => vitest("simulation") },
  { name: "the attack on the firewall", run: () => vitest("privacy") },
  { name: "the worker as a process", run: () => vitest("worker") },
  { name: "the nexus command", run: () => vitest("cli") },
  { name: "repo", run: () => vitest("repo") },
  { name: "nexus-cloud, first half", run: () => vitest("cloud", "--shard=1/2") },
  { name: "nexus-cloud, second half", run: () => vitest("cloud", "--shard=2/2") },
  { name: "the Python SDK", run: pytest, missing: needsPython },
  { name: "inside VS Code", run: host, missing: needsEditor },
  { name: "the packaged extension in a browser", run: () => vitest("browser", "--bail=1"), missing: needsEditor },
];

mkdirSync(results, { recursive: true });
const total: Count = { passed: 0, failed: 0, skipped: 0 };
for (const { name, run: runSuite, missing } of suites) {
  console.log(`\n── ${name}`);
  const reason = missing?.();
  const count = reason === undefined ? await runSuite() : { passed: 0, failed: 0, skipped: 1 };
  if (reason !== undefined) console.log(`skipped: ${reason}`);
  total.passed += count.passed;
  total.failed += count.failed;
  total.skipped += count.skipped;
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exit(total.failed > 0 || (process.env["CI"] !== undefined && total.skipped > 0) ? 1 : 0);
