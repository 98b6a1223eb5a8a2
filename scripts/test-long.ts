/** `npm run test:long -- [suite…]`: runs the suites that are too long for `npm test`; by default all. */
import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

interface LongSuite {
  /** Vitest project; `env` sets its full length. */
  readonly project: string;
  readonly env: Readonly<Record<string, string>>;
  /** Only these files of the project. */
  readonly files?: readonly string[];
}

const suites: Readonly<Record<string, LongSuite>> = {
  simulation: { project: "simulation", env: { NEXUS_SIMULATED_DAYS: "400" } },
  // Kills nexus-cloud 200 times with each log; takes hours.
  chaos: { project: "cloud", files: ["cloud/chaos.test.ts"], env: { NEXUS_CHAOS_ROUNDS: "200" } },
  // Kills a sender 400 times during its requests.
  upload: { project: "crash", files: ["test/crash/upload.test.ts"], env: { NEXUS_UPLOAD_KILLS: "400" } },
  // 400 days of totals per calendar.
  calendars: { project: "cloud", files: ["cloud/calendar.test.ts"], env: { NEXUS_CALENDARS: "20" } },
  // More generated requests against the OpenAPI document than in npm test.
  interface: {
    project: "cloud",
    files: ["cloud/open-api.test.ts"],
    env: { NEXUS_SCHEMATHESIS_EXAMPLES: "200", NEXUS_SCHEMATHESIS_SEED: "7" },
  },
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => !(name in suites));
if (unknown.length > 0) {
  console.error(`Unknown suite: ${unknown.join(", ")}. Valid values: ${Object.keys(suites).join(", ")}.`);
  process.exit(2);
}
execFileSync(process.execPath, ["esbuild.mjs"], { cwd: root, stdio: "inherit" });
let failed = 0;
for (const [name, { project, env, files = [] }] of Object.entries(suites)) {
  if (names.length > 0 && !names.includes(name)) continue;
  console.log(`\n── ${name}`);
  const { status } = spawnSync("vitest", ["run", "--project", project, ...files], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (status !== 0) failed += 1;
}
process.exitCode = failed === 0 ? 0 : 1;
