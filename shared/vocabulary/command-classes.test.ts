import { describe, expect, it } from "vitest";
import { isCommandPath } from "../../server/privacy/vocabulary.ts";
import { answerStatuses, classLists, commandClass, isAnswer } from "./command-classes.ts";

const listed = Object.values(classLists).flat();

describe("command classes", () => {
  it("list only what can be stored, and each path once", () => {
    expect(listed.filter((path) => !isCommandPath(path))).toEqual([]);
    expect(Object.keys(answerStatuses).filter((path) => !isCommandPath(path))).toEqual([]);
    expect(listed.filter((path, at) => listed.indexOf(path) !== at)).toEqual([]);
  });

  it.each([
    ["npm run test", "check"],
    ["yarn typecheck", "check"],
    ["just lint", "check"],
    ["make dev", "server"],
    ["deno task watch", "server"],
    ["pnpm build", "build"],
    ["npm ci", "package"],
    ["yarn install", "package"],
    ["storybook", "server"],
    ["storybook build", "build"],
    ["stripe listen", "server"],
    ["stripe login", "infrastructure"],
    ["python", "other"],
    ["git commit", "version_control"],
    ["terraform", "infrastructure"],
    ["vim", "interactive"],
    ["other", "other"],
  ])("know that %s is %s", (path, expected) => expect(commandClass(path)).toBe(expected));

  it.each([
    ["grep", 1, true],
    ["grep", 2, false],
    ["npm test", 1, false],
    ["npm run dev", 130, true],
    ["npm run dev", 124, true],
    ["npm test", 130, false],
    ["git log", 141, true],
    ["npm test", 141, false],
    ["terraform fmt", 3, true],
  ])("know what %s means with %i: answer %s", (path, code, expected) => expect(isAnswer(path, code)).toBe(expected));
});
