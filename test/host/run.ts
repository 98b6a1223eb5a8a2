/**
 * Runs the suites inside VS Code through `@vscode/test-electron`: desktop VS Code if `NEXUS_VSCODE`
 * names one, otherwise `launcher.ts`. Each suite has its own window, home folder and environment.
 *
 * Arguments select suites. The last output line is JSON: {"passed","failed"}.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { runTests } from "@vscode/test-electron";
import { build } from "esbuild";
import { displayedNotice } from "../../server/config/consent-log.ts";
import { categories } from "../../shared/schema/categories.ts";
import { decide } from "../fixtures/consented.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const launcher = fileURLToPath(new URL("launcher.ts", import.meta.url));

/** An extension that uses our API. */
const example = fileURLToPath(new URL("example-extension", import.meta.url));

const consent = {
  ts: new Date().toISOString(),
  mode: "local",
  collect: categories,
  notice: displayedNotice,
};

/** The consent record with which each suite starts. */
const suites = {
  off: null,
  local: consent,
  sources: consent,
  lifecycle: consent,
  extensions: consent,
  terminal: null,
} as const;

interface Result {
  readonly passed: number;
  readonly failed: number;
  /** One line per test. */
  readonly report: readonly string[];
}

async function runSuite(name: keyof typeof suites): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "nexus-host-"));
  try {
    const home = join(folder, "home");
    const record = suites[name];
    mkdirSync(join(folder, "workspace"), { recursive: true });
    mkdirSync(home);
    if (record !== null) decide(home, record);
    const extensions = join(folder, "vscode-extensions");
    if (name === "extensions") cpSync(example, join(extensions, "nexus-example.example-1.0.0"), { recursive: true });
    const result = join(folder, "result.json");
    await runTests({
      vscodeExecutablePath: process.env["NEXUS_VSCODE"] ?? launcher,
      extensionDevelopmentPath: root,
      extensionTestsPath: join(root, "out", "host-tests", "index.cjs"),
      extensionTestsEnv: {
        HOME: home,
        NEXUS_TEST_SUITE: name,
        NEXUS_TEST_RESULT: result,
        // The caller's opt-outs must not affect the tests.
        CI: undefined,
        DO_NOT_TRACK: undefined,
        NEXUS_HOME: undefined,
        XDG_CONFIG_HOME: undefined,
      },
      launchArgs: [
        join(folder, "workspace"),
        `--user-data-dir=${join(folder, "vscode-data")}`,
        `--extensions-dir=${extensions}`,
      ],
      // The result file reports a failing suite.
    }).catch(() => undefined);
    return withSessionEndTest(
      name,
      JSON.parse(readFileSync(result, "utf8")),
      join(home, "nexus", "state", "telemetry.db"),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Adds the test that a closed window has ended its session. */
function withSessionEndTest(suite: keyof typeof suites, result: Result, database: string): Result {
  if (suite !== "lifecycle") return result;
  const connection = new DatabaseSync(database, { readOnly: true });
  const count = (type: string) =>
    connection.prepare("SELECT count(*) n FROM events_readable WHERE event_type = ?").get(type)?.["n"];
  const [started, ended] = [count("session_started"), count("session_ended")];
  connection.close();
  const name = "lifecycle capture records the end of the session when the window closes";
  return started === ended
    ? { ...result, passed: result.passed + 1, report: [...result.report, `  ✓ ${name}`] }
    : {
        ...result,
        failed: result.failed + 1,
        report: [...result.report, `  ✗ ${name}: ${started} started, ${ended} ended`],
      };
}

await build({
  entryPoints: { index: join(root, "test", "host", "suite", "index.ts") },
  outdir: join(root, "out", "host-tests"),
  outExtension: { ".js": ".cjs" },
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node22.15",
  external: ["vscode", "mocha"],
  logLevel: "warning",
});
const total = { passed: 0, failed: 0 };
const names = process.argv.slice(2);
for (const name of ["off", "local", "sources", "lifecycle", "extensions", "terminal"] as const) {
  if (names.length > 0 && !names.includes(name)) continue;
  const { passed, failed, report } = await runSuite(name);
  console.log([`inside VS Code, ${name}`, ...report].join("\n"));
  total.passed += passed;
  total.failed += failed;
}
console.log(JSON.stringify(total));
process.exitCode = total.failed === 0 ? 0 : 1;
