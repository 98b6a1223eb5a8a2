#!/usr/bin/env node
/**
 * Replaces the desktop `code` executable on machines without one: accepts the flags of
 * `@vscode/test-electron` and runs the tests in the real VS Code server with the workbench in
 * headless Chromium. Exits with the tests' exit code.
 */
import { format, parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { chromiumFlags, findChromium } from "../../scripts/browser.ts";
import { startServer } from "../../scripts/vscode-server/server.ts";

const { values, positionals } = parseArgs({
  strict: false,
  allowPositionals: true,
  options: {
    extensionDevelopmentPath: { type: "string" },
    extensionTestsPath: { type: "string" },
    "user-data-dir": { type: "string" },
    "extensions-dir": { type: "string" },
  },
});

function requiredFlag(name: string): string {
  const value = values[name];
  if (typeof value !== "string") throw new Error(`--${name}= is missing`);
  return value;
}

async function runInside(): Promise<number> {
  const server = await startServer({
    dataFolder: requiredFlag("user-data-dir"),
    extensionsFolder: requiredFlag("extensions-dir"),
    settings: { "workbench.startupEditor": "none", "chat.disableAIFeatures": true },
    env: process.env,
    connectionToken: null,
    testDriver: true,
  });
  const browser = await chromium.launch({ executablePath: findChromium() ?? "chromium", args: [...chromiumFlags] });
  try {
    const page = await browser.newPage();
    // The workbench calls both: for its log, hidden by default, and at the end of the tests.
    await page.exposeFunction("codeAutomationLog", (_type: string, args: readonly unknown[]) => {
      if (process.env["NEXUS_TEST_VERBOSE"] !== undefined) process.stderr.write(`${format(...args)}\n`);
    });
    const ended = new Promise<number>((resolve) => {
      void page
        .exposeFunction("codeAutomationExit", (code: number) => resolve(code))
        .then(async () => {
          const remote = (path: string) => `vscode-remote://127.0.0.1:${server.port}${path}`;
          const payload = [
            ["extensionDevelopmentPath", remote(requiredFlag("extensionDevelopmentPath"))],
            ["extensionTestsPath", remote(requiredFlag("extensionTestsPath"))],
            ["skipWelcome", "true"],
          ];
          const query = new URLSearchParams({ folder: positionals[0] ?? "", payload: JSON.stringify(payload) });
          await page.goto(`${server.url}?${query}`);
        });
    });
    return await ended;
  } finally {
    await browser.close();
    await server.stop();
  }
}

process.exitCode = await runInside();
