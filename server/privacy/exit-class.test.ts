import { describe, expect, it } from "vitest";
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
