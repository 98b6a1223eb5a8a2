/** What the command is called is a word of the vocabulary: its own runs are not `other`. */
import { expect, it } from "vitest";
import { leavesOf } from "../../cli/definitions/options.ts";
import { pathOf, program } from "../../cli/program.ts";
import { namedCommand } from "../../server/privacy/vocabulary.ts";

it.each(leavesOf(program()).map((command) => pathOf(command)))("nexus %s", (path) => {
  expect(namedCommand(path)).not.toBe("other");
});
