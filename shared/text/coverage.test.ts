import { describe, expect, it } from "vitest";
import { coverageOf } from "./coverage.ts";

const host = { source: "claude_code", begun: 0, ended: 200, judged: 199, timed: 50, failed: 3, missed: 0 };

describe("coverage", () => {
  it("never rounds up to all", () => {
    expect(coverageOf(host)).toMatchObject({ outcome: "99 %", duration: "25 %", unended: null });
    expect(coverageOf({ ...host, ended: 0, judged: 0, timed: 0 })).toMatchObject({ outcome: "–", duration: "–" });
  });

  it("tells beginnings without an end, and what a source cannot tell", () => {
    const { unended, why } = coverageOf({ ...host, begun: 203 });
    expect(unended).toBe(3);
    expect(why).toMatch(/hooks.* 3 beginnings have no end/);
    expect(coverageOf({ ...host, begun: 150 }).unended).toBe(0);
    expect(coverageOf({ ...host, missed: 2 }).why).toContain("OpenTelemetry told of 2 uses that its hooks did not");
    expect(coverageOf({ ...host, source: "vscode_terminal" }).why).toContain("shell integration");
  });
});
