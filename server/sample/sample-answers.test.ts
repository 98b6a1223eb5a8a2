import { describe, expect, it } from "vitest";
import { validatePageAnswer } from "../../shared/protocol/page-question.ts";
import { sampleWorkspaceHash } from "../../shared/protocol/sample.ts";
import { SampleAnswers } from "./sample-answers.ts";
import { plantedTruths } from "./work.ts";

const answers = new SampleAnswers();
const question = { period: { period: "month" }, by: "command", filters: {}, compare: "previous" } as const;

describe("the sample", () => {
  it.each([
    { kind: "figures", params: question },
    { kind: "details", params: { ...question, filters: { command: "npm test" } } },
    { kind: "tries", params: { period: { period: "month" }, command: "npm test" } },
    { kind: "sessions", params: { question, limit: 20 } },
    { kind: "timeline", params: { id: "0" } },
    { kind: "firstTry", params: question },
    { kind: "insights", params: { period: "month" } },
    { kind: "toolCalls", params: { period: "month" } },
    { kind: "activity", params: { period: "month" } },
  ] as const)("answers each kind of question in the form of the protocol: $kind", (one) => {
    expect(validatePageAnswer(answers.answer(one), "sample")).toMatchObject({ kind: one.kind });
  });

  it("has commands, agents with cost, and failures in the last 30 days, and filters by a workspace", () => {
    const { result } = answers.answer({ kind: "figures", params: question });
    const { total } = result as { total: { runs: { count: number; failed: number }; cost: { listUsd: number } } };
    expect(total.runs.count).toBeGreaterThan(100);
    expect(total.runs.failed).toBeGreaterThan(0);
    expect(total.cost.listUsd).toBeGreaterThan(0);
    const filters = { workspace: sampleWorkspaceHash("backend") };
    const part = answers.answer({ kind: "figures", params: { ...question, filters } });
    const { count } = (part.result as { total: { runs: { count: number } } }).total.runs;
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(total.runs.count);
  });

  it("has something to find: a command that became slower, and an agent that fails", () => {
    const { result } = answers.answer({ kind: "insights", params: { period: "month" } });
    const found = (result as { insights: readonly { kind: string; subject: string }[] }).insights;
    expect(found).toContainEqual(expect.objectContaining({ kind: "slower", subject: plantedTruths.slower.command }));
    expect(found.map(({ kind }) => kind)).toContain("agent_failing");
  });
});
