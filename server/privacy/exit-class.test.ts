import { describe, expect, it } from "vitest";
import { cleanToolUse } from "../../test/fixtures/clean-events.ts";
import { exitClass, statusOf } from "./exit-class.ts";

describe("exit code", () => {
  it.each([
    [0, "success", "ok"],
    [1, "failure", "failed"],
    [2, "failure", "failed"],
    [126, "not_executable", "failed"],
    [127, "not_found", "failed"],
    [128, "failure", "failed"],
    [130, "interrupted", "cancelled"],
    [137, "killed", "failed"],
    [192, "killed", "failed"],
    [193, "failure", "failed"],
    [255, "failure", "failed"],
    [3_221_225_786, "interrupted", "cancelled"],
    [-1_073_741_510, "interrupted", "cancelled"],
    [undefined, "unknown", "unknown"],
  ])("maps %s to class %s and status %s", (code, exit, status) => {
    expect(exitClass(code)).toBe(exit);
    expect(statusOf(exitClass(code))).toBe(status);
  });
});

describe("an answer of the command", () => {
  it.each([
    ["grep", 1, "negative", "ok"],
    ["grep", 2, "failure", "failed"],
    ["diff", 1, "negative", "ok"],
    ["git diff", 1, "negative", "ok"],
    ["npm run dev", 130, "negative", "ok"],
    ["tail", 143, "negative", "ok"],
    ["npm test", 130, "interrupted", "cancelled"],
    ["make", 143, "killed", "failed"],
    ["npm test", 1, "failure", "failed"],
  ] as const)("%s with status %i is %s", (path, code, exit, status) => {
    expect(exitClass(code, path)).toBe(exit);
    expect(statusOf(exitClass(code, path))).toBe(status);
  });

  it("is stored for the named command only if the status is its own", () => {
    expect(cleanToolUse({ command_line: "cd x && grep -q a b", exit_code: 1 }).payload).toMatchObject({
      command_path: "grep",
      exit_class: "negative",
      status: "ok",
    });
    expect(cleanToolUse({ command_line: "grep -q a b && make", exit_code: 1 }).payload).toMatchObject({
      command_path: "make",
      exit_class: "failure",
    });
  });
});
