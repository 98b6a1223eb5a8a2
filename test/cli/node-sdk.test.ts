/** The Node SDK as a program uses it: built package, types and resulting statistics. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { root } from "../../scripts/generate/generate.ts";
import { packageNode } from "../../scripts/package-node.ts";
import { nexus } from "../fixtures/run-cli.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";

/** Compiles a program against what is published. @throws Error if a type does not fit. */
function checkTypes(file: string, types: string): void {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const module = ["--module", "nodenext", "--target", "es2023", "--types", types];
  const flags = ["--ignoreConfig", "--noEmit", "--strict", ...module];
  execFileSync(process.execPath, [tsc, ...flags, file], { cwd: dirname(file), stdio: "inherit" });
}

const program = `
  import { EventLog, type ProgramEvent } from "nexus-telemetry/node";
  const log: EventLog = new EventLog();
  const type: ProgramEvent = "task_completed";
  log.record(type, {});
  const seven: number = await log.time("git push", () => 7);
  if (seven !== 7) throw new Error("not seven");
  // Never called: without its comments it must not compile.
  export function wrong() {
    // @ts-expect-error: no such type
    log.record("nothing", {});
    // @ts-expect-error: no such field
    log.record("task_completed", { text: "mine" });
  }
`;

it("compiles against its types, and its events appear in the statistics", async () => {
  // Inside the project, so that the package resolves by its name.
  const folder = mkdtempSync(join(root, "out", "node-sdk-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "program.mts");
  writeFileSync(file, program);
  checkTypes(file, "node");
  const home = tempFolder();
  const env = { PATH: process.env["PATH"], HOME: home };
  await nexus(home, {}, "telemetry", "enable", "--yes");
  execFileSync(process.execPath, [file], { cwd: folder, env });
  const { out } = await nexus(home, {}, "telemetry", "stats", "--today", "--json");
  expect(JSON.parse(out)).toMatchObject({ commands: 1, succeeded: 1, tasksCompleted: 1 });
});

it("installs as a package of its own, without other packages", async () => {
  const home = tempFolder();
  const folder = tempFolder();
  writeFileSync(join(folder, "package.json"), '{"name":"mine","private":true,"type":"module"}');
  const env = { PATH: process.env["PATH"], HOME: home };
  execFileSync(
    "npm",
    ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", packageNode(tempFolder())],
    {
      cwd: folder,
      env,
    },
  );
  await nexus(home, {}, "telemetry", "enable", "--yes");
  const code = `import { EventLog } from "nexus-telemetry/node"; const log = new EventLog(); log.record("command_finished", { command_path: "git push x", status: "ok" }); console.log(log.record("command_finished", {}), log.lastRefusal);`;
  writeFileSync(join(folder, "program.js"), code);
  const out = execFileSync(process.execPath, ["program.js"], { cwd: folder, env, encoding: "utf8" });
  expect(out).toMatch(/^false A required field/);
  const stats = JSON.parse((await nexus(home, {}, "telemetry", "stats", "--today", "--json")).out);
  expect(stats).toMatchObject({ commands: 1, topCommands: [{ name: "git push" }] });
});

it("has one file of types for the extension API, which compiles on its own", () => {
  const folder = mkdtempSync(join(root, "out", "api-types-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  copyFileSync(join(root, "docs", "reference", "nexus-telemetry.d.ts"), join(folder, "nexus-telemetry.d.ts"));
  const file = join(folder, "extension.ts");
  writeFileSync(
    file,
    `import * as vscode from "vscode";
import type { NexusTelemetry } from "./nexus-telemetry.js";
export async function activate(context: vscode.ExtensionContext) {
  const nexus = (await vscode.extensions.getExtension<NexusTelemetry>("nexus.nexus-telemetry")?.activate());
  const telemetry = nexus?.version === 1 ? nexus.forExtension(context.extension.id) : undefined;
  telemetry?.record("agent_event", { stream: "tool", tool_phase: "end", tool_name: "read_file", duration_ms: 12 });
  telemetry?.onDidChangeMode((mode) => mode === "off");
  // @ts-expect-error: no such event
  telemetry?.record("nothing", {});
  // @ts-expect-error: no such field
  telemetry?.record("task_completed", { text: "mine" });
  return telemetry?.time("npm run build", () => 7);
}
`,
  );
  checkTypes(file, "node,vscode");
});
