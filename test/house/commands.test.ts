/** What the command is called is a word of the vocabulary: its own runs are not `other`. */
import { expect, it } from "vitest";
import { pathOf, program } from "../../cli/program.ts";
import { leavesOf } from "../../cli/tree/parts.ts";
import { namedCommand } from "../../server/privacy/vocabulary.ts";

it.each(leavesOf(program()).map((command) => pathOf(command)))("nexus %s", (path) => {
  expect(namedCommand(path)).not.toBe("other");
});
