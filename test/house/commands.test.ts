/** What the command is called is a word of the vocabulary: its own runs are not `other`. */
import type { Command } from "commander";
import { expect, it } from "vitest";
import { pathOf, program } from "../../cli/program.ts";
import { namedCommand } from "../../server/privacy/vocabulary.ts";

const leaves = (command: Command): readonly Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);

it.each(leaves(program()).map((command) => pathOf(command)))("nexus %s", (path) => {
  expect(namedCommand(path)).not.toBe("other");
});
