/**
 * `npm test`: runs every check, one suite after the other, and prints the failed tests and the
 * totals.
 *
 * A suite that cannot run here is reported as skipped with the reason; if CI is set, that is a
 * failure. A suite that exceeds its time limit is killed with its child processes and fails.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
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
  /** One text per failed test: its name and the start of its error. */
  failures?: readonly string[];
}

interface Suite {
  readonly name: string;
  readonly run: () => Promise<Count>;
  /** Returns why the suite cannot run here; `undefined`: it can. */
  readonly missing?: () => string | undefined;
}

/** Kills the running suite with its child processes. */
let killRunning = (): void => undefined;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    killRunning();
    process.exit(1);
  });
}

interface Result {
  code: number;
  output: string;
  errors: string;
}

/** Runs a program in its own process group, shows its output, and returns exit code and output. */
function run(command: string, args: readonly string[]): Promise<Result> {
  return new Promise((resolve, reject) => {
    const hasGroup = process.platform !== "win32";
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], detached: hasGroup });
    killRunning = () => {
      try {
        if (child.pid !== undefined) process.kill(hasGroup ? -child.pid : child.pid, "SIGKILL");
      } catch (error) {
        // Usually all processes have ended.
        if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
      }
    };
    let output = "";
    let errors = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk;
      process.stdout.write(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      errors += chunk;
      process.stderr.write(chunk);
    });
    const limitMs = Math.max(1, Math.min(maxSuiteMs, end - Date.now()));
    const timeout = setTimeout(() => {
      const message = `Killed after ${Math.round(limitMs / 1000)} s: ${command} ${args.join(" ")}`;
      console.error(`\n${message}`);
      killRunning();
      resolve({ code: 1, output, errors: message });
    }, limitMs);
    child.once("error", reject);
    child.once("exit", (code) => {
      clearTimeout(timeout);
      killRunning();
      const done = () => resolve({ code: code ?? 1, output, errors });
      child.once("close", done);
      // A process that left the group may keep the output open forever.
      setTimeout(done, 5_000).unref();
    });
  });
}

/** The last lines of a program's output, for a failure that no report names. */
const lastLines = ({ output, errors }: Result) =>
  (errors.trim() === "" ? output : errors).trimEnd().split("\n").slice(-15).join("\n");

/** Runs an npm script that counts as one test. */
async function check(script: string): Promise<Count> {
  const result = await run("npm", ["run", "--silent", script]);
  if (result.code === 0) return { passed: 1, failed: 0, skipped: 0 };
  return { passed: 0, failed: 1, skipped: 0, failures: [lastLines(result)] };
}

interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** The failed tests in a report of Vitest, and the files that could not be loaded. */
function vitestFailures({ testResults }: VitestReport): string[] {
  const firstLines = (text = "") => text.split("\n").slice(0, 6).join("\n");
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === "failed");
    const path = relative(root, name);
    if (failed.length === 0) return status === "failed" ? [`${path}\n${firstLines(message)}`] : [];
    return failed.map(({ fullName, failureMessages }) => `${path} > ${fullName}\n${firstLines(failureMessages[0])}`);
  });
}

async function vitest(project: string, ...flags: readonly string[]): Promise<Count> {
  const file = join(results, `${project}.json`);
  rmSync(file, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const result = await run("vitest", ["run", "--project", project, ...reporters, ...flags]);
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0, failures: [lastLines(result)] };
  const report = JSON.parse(readFileSync(file, "utf8"));
  const { numPassedTests, numFailedTests, numPendingTests, numTotalTests } = report;
  // A file that cannot be loaded has no failed test, and neither has an unhandled error.
  const failed = Math.max(numFailedTests, result.code === 0 ? 0 : 1);
  const failures = vitestFailures(report);
  if (failures.length === 0 && failed > 0) failures.push(lastLines(result));
  return {
    passed: numPassedTests,
    failed,
    skipped: Math.max(numPendingTests, numTotalTests - numPassedTests - numFailedTests),
    failures,
  };
}

async function host(): Promise<Count> {
  const result = await run(process.execPath, ["test/host/run.ts"]);
  const lines = result.output.trimEnd().split("\n");
  const failures = lines.filter((line) => line.trimStart().startsWith("✗"));
  try {
    return { skipped: 0, failures, ...JSON.parse(lines.at(-1) ?? "") };
  } catch {
    return { passed: 0, failed: 1, skipped: 0, failures: [...failures, lastLines(result)] };
  }
}

const python = join(root, "out", "python", "bin", "python");

/** Runs pytest and reads the counts from its report. */
async function pytest(): Promise<Count> {
  const file = join(results, "python.xml");
  rmSync(file, { force: true });
  const result = await run(python, ["-m", "pytest", "-q", `--junitxml=${file}`, "sdk/python"]);
  const report = existsSync(file) ? readFileSync(file, "utf8") : "";
  const count = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(report)?.[1] ?? 0);
  const failed = Math.max(count("errors") + count("failures"), result.code === 0 && report !== "" ? 0 : 1);
  return {
    passed: Math.max(0, count("tests") - count("errors") - count("failures") - count("skipped")),
    failed,
    skipped: count("skipped"),
    failures: failed > 0 ? [lastLines(result)] : [],
  };
}

const needsPython = () =>
  existsSync(python) ? undefined : "Python tools are not installed (see the set-up messages above)";

const needsEditor = () =>
  !hasServer()
    ? "VS Code server is not installed (see the set-up messages above)"
    : findChromium() === undefined
      ? "Chromium not found (see the set-up messages above)"
      : undefined;

const suites: readonly Suite[] = [
  { name: "types", run: () => check("types") },
  { name: "lint and format", run: () => check("lint") },
  { name: "build", run: () => check("build") },
  { name: "unit tests", run: () => vitest("unit") },
  { name: "store on Node's built-in SQLite", run: () => vitest("node-sqlite") },
  { name: "crash recovery", run: () => vitest("crash") },
  { name: "simulation", run: () => vitest("simulation") },
  { name: "privacy attack", run: () => vitest("privacy") },
  { name: "worker process", run: () => vitest("worker") },
  { name: "nexus CLI", run: () => vitest("cli") },
  { name: "repository", run: () => vitest("repo") },
  { name: "nexus-cloud, part 1", run: () => vitest("cloud", "--shard=1/2") },
  { name: "nexus-cloud, part 2", run: () => vitest("cloud", "--shard=2/2") },
  { name: "Python SDK", run: pytest, missing: needsPython },
  { name: "VS Code extension host", run: host, missing: needsEditor },
  { name: "packaged extension in a browser", run: () => vitest("browser", "--bail=1"), missing: needsEditor },
];

mkdirSync(results, { recursive: true });
const total: Count = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];
for (const { name, run: runSuite, missing } of suites) {
  console.log(`\n── ${name}`);
  const reason = missing?.();
  const count = reason === undefined ? await runSuite() : { passed: 0, failed: 0, skipped: 1 };
  if (reason !== undefined) console.log(`skipped: ${reason}`);
  total.passed += count.passed;
  total.failed += count.failed;
  total.skipped += count.skipped;
  failures.push(...(count.failures ?? []).map((text) => `${name}: ${text}`));
}
if (failures.length > 0) console.log(`\n── failed\n${failures.join("\n\n")}`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exit(total.failed > 0 || (process.env["CI"] !== undefined && total.skipped > 0) ? 1 : 0);
