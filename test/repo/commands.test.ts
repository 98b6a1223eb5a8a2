/**
 * All commands of the CLI are in the vocabulary, so that its own runs are not recorded as `other`.
 */
import { expect, it } from "vitest";
import { examplesOf, leavesOf } from "../../cli/definitions/options.ts";
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

it.each(
  leavesOf(program())
    .filter((command) => !["hook", "query-rows", "history-database", "extension-removed"].includes(command.name()))
    .map((command) => [pathOf(command), command] as const),
)("shows an example of nexus %s, with options that it has", (path, command) => {
  const lines = examplesOf(command);
  expect(lines.length).toBeGreaterThan(0);
  const known = new Set(command.options.map(({ long }) => long));
  for (const line of lines) {
    const [, own = ""] = /nexus ((?:[^|>'"]|'[^']*'|"[^"]*")*)/.exec(line) ?? [];
    // What follows `--` belongs to another command.
    for (const option of own.split(" -- ")[0]?.match(/(?<= )--[a-z-]+/g) ?? []) expect(known, line).toContain(option);
  }
  const isOwn = lines.some(
    (line) => line.replace('"$(', "").startsWith(`nexus ${path}`) || line.includes(`nexus ${path}`),
  );
  expect(isOwn, lines[0]).toBe(true);
});
