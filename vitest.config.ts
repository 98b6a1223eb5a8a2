import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** One project per type of test; `scripts/test.ts` runs them one after the other and adds the counts. */
export default defineConfig({
  // Set by the build.
  define: { __DASHBOARD_SCRIPT__: '""', __DASHBOARD_STYLE__: '""' },
  plugins: [
    {
      name: "awk",
      transform: (code, id) => (id.endsWith(".awk") ? `export default ${JSON.stringify(code)};` : undefined),
    },
  ],
  test: {
    projects: [
      {
        test: {
          name: "unit",
          // A shared disk can block for seconds.
          testTimeout: 30_000,
          include: ["{extension,server,shared,webview,scripts,sdk/node}/**/*.test.ts"],
          exclude: ["**/node_modules/**"],
          pool: "forks",
          // The VS Code API exists only inside VS Code; unit tests use a fake.
          alias: { vscode: fileURLToPath(new URL("test/fixtures/vscode.ts", import.meta.url)) },
          // A time zone with daylight saving time.
          env: { TZ: "Europe/Berlin" },
        },
      },
      {
        test: {
          name: "worker",
          include: ["test/worker/*.test.ts"],
          pool: "forks",
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: { name: "cli", include: ["test/cli/*.test.ts"], pool: "forks", testTimeout: 60_000, env: { TZ: "UTC" } },
      },
      {
        test: {
          // The tests of the store again, with the fallback driver.
          name: "node-sqlite",
          testTimeout: 30_000,
          include: [
            "server/{store,analytics}/**/*.test.ts",
            "server/worker/maintenance.test.ts",
            "server/history/agent-history.test.ts",
          ],
          pool: "forks",
          alias: { "better-sqlite3": fileURLToPath(new URL("test/fixtures/no-better-sqlite3.ts", import.meta.url)) },
          env: { TZ: "Europe/Berlin" },
        },
      },
      {
        test: { name: "crash", include: ["test/crash/*.test.ts"], pool: "forks", testTimeout: 180_000 },
      },
      {
        // The built product in simulated time; `npm run test:long` runs 400 days.
        test: { name: "simulation", include: ["test/simulation/*.test.ts"], pool: "forks", env: { TZ: "UTC" } },
      },
      {
        test: { name: "privacy", include: ["test/privacy/*.test.ts"], pool: "forks", testTimeout: 120_000 },
      },
      {
        test: {
          name: "cloud",
          include: ["cloud/**/*.test.ts"],
          // Only one thread of a process can use chDB.
          pool: "forks",
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "repo",
          include: ["test/repo/*.test.ts"],
          testTimeout: 300_000,
          // Removing an installation takes long.
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "browser",
          include: ["test/browser/*.test.ts"],
          globalSetup: "test/browser/package-extension.ts",
          testTimeout: 180_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
