import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { awkProgram } from "./awk-program.ts";

describe("awk program", () => {
  it("is an absolute path of an awk that runs, the fastest one if it is installed", () => {
    const program = awkProgram();
    expect(program).toMatch(/^\/\S+(?: awk)?$/);
    if (existsSync("/usr/bin/mawk")) expect(program).toBe("/usr/bin/mawk");
    const { stdout } = spawnSync("sh", ["-c", `${program} 'BEGIN { print 1 + 1 }'`], { encoding: "utf8" });
    expect(stdout).toBe("2\n");
  });
});
