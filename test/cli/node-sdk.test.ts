/** The Node SDK as a program uses it: built package, types and resulting statistics. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { root } from "../../scripts/generate/generate.ts";
import { nexus } from "../fixtures/run-cli.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";

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
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const flags = [
    "--ignoreConfig",
    "--noEmit",
    "--strict",
    "--module",
    "nodenext",
    "--target",
    "es2023",
    "--types",
    "node",
  ];
  execFileSync(process.execPath, [tsc, ...flags, file], { cwd: folder, stdio: "inherit" });
  const home = tempFolder();
  const env = { PATH: process.env["PATH"], HOME: home };
  await nexus(home, {}, "telemetry", "enable", "--yes");
  execFileSync(process.execPath, [file], { cwd: folder, env });
  const { out } = await nexus(home, {}, "stats", "--today", "--json");
  expect(JSON.parse(out)).toMatchObject({ commands: 1, succeeded: 1, tasksCompleted: 1 });
});
