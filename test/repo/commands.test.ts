/**
 * All commands of the CLI are in the vocabulary, so that its own runs are not recorded as `other`.
 */
import { expect, it } from "vitest";
import { leavesOf } from "../../cli/definitions/options.ts";
import { pathOf, program } from "../../cli/program.ts";
import { namedCommand } from "../../server/privacy/vocabulary.ts";

it.each(leavesOf(program()).map((command) => pathOf(command)))("names the command nexus %s", (path) => {
  expect(namedCommand(path)).not.toBe("other");
});
