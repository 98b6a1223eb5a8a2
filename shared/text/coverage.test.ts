import { describe, expect, it } from "vitest";
import { englishOf } from "../../test/fixtures/message-text.ts";
import { coverageOf } from "./coverage.ts";

const agent = {
  source: "claude_code",
  started: 0,
  ended: 200,
  withOutcome: 199,
  withDuration: 50,
  failed: 3,
  missedByHooks: 0,
};

describe("coverage", () => {
  it("never rounds up to 100%", () => {
    expect(coverageOf(agent)).toMatchObject({ outcome: "99%", duration: "25%", unended: null });
    expect(coverageOf({ ...agent, ended: 0, withOutcome: 0, withDuration: 0 })).toMatchObject({
      outcome: "–",
      duration: "–",
    });
  });

  it("reports unfinished calls and the limits of a source", () => {
    const { unended, why } = coverageOf({ ...agent, started: 203 });
    expect(unended).toBe(3);
    expect(englishOf(why)).toMatch(/hooks.* 3 calls started but did not finish/);
    expect(coverageOf({ ...agent, started: 150 }).unended).toBe(0);
    expect(englishOf(coverageOf({ ...agent, missedByHooks: 2 }).why)).toContain(
      "OpenTelemetry reported 2 calls that hooks missed.",
    );
    expect(englishOf(coverageOf({ ...agent, source: "vscode_terminal" }).why)).toContain("shell integration");
  });
});
