import { describe, expect, it } from "vitest";
import { coverageOf } from "./coverage.ts";

const host = {
  source: "claude_code",
  started: 0,
  ended: 200,
  withOutcome: 199,
  withDuration: 50,
  failed: 3,
  missedByHooks: 0,
};

describe("coverage", () => {
  it("never rounds up to all", () => {
    expect(coverageOf(host)).toMatchObject({ outcome: "99 %", duration: "25 %", unended: null });
    expect(coverageOf({ ...host, ended: 0, withOutcome: 0, withDuration: 0 })).toMatchObject({
      outcome: "–",
      duration: "–",
    });
  });

  it("tells beginnings without an end, and what a source cannot tell", () => {
    const { unended, why } = coverageOf({ ...host, started: 203 });
    expect(unended).toBe(3);
    expect(why).toMatch(/hooks.* 3 beginnings have no end/);
    expect(coverageOf({ ...host, started: 150 }).unended).toBe(0);
    expect(coverageOf({ ...host, missedByHooks: 2 }).why).toContain(
      "OpenTelemetry told of 2 uses that its hooks did not",
    );
    expect(coverageOf({ ...host, source: "vscode_terminal" }).why).toContain("shell integration");
  });
});
