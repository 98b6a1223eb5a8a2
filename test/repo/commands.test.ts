/**
 * All commands of the CLI are in the vocabulary, so that its own runs are not recorded as `other`.
 */
import { expect, it } from "vitest";
import { leavesOf } from "../../cli/definitions/options.ts";
import { pathOf, program } from "../../cli/program.ts";
import { namedCommand } from "../../server/privacy/vocabulary.ts";
import { ownCommands } from "../../shared/vocabulary/own-commands.ts";

it.each(leavesOf(program()).map((command) => pathOf(command)))("names the command nexus %s", (path) => {
  expect(namedCommand(path)).not.toBe("other");
});

it("lists exactly the product's own commands, which no total counts", () => {
  // The vocabulary names two levels; a group is named where it is run without a subcommand.
  const isRun = (path: string) => leavesOf(program()).some((leaf) => `${pathOf(leaf)} `.startsWith(`${path} `));
  const aliases = ["telemetry on", "telemetry off", "telemetry purge", "telemetry terminal"];
  const groups = new Set(leavesOf(program()).map((leaf) => pathOf(leaf).split(" ").slice(0, 2).join(" ")));
  for (const path of groups) expect(ownCommands, path).toContain(path);
  for (const path of ownCommands) expect(isRun(path) || aliases.includes(path), path).toBe(true);
});
