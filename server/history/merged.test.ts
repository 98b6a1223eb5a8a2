import { expect, it } from "vitest";
import { MergedHistory } from "./merged.ts";
import { type ModelResponse, noTokens, type ToolUse } from "./records.ts";

const response = (session: string, tsMs: number, output: number, isExact = false): ModelResponse => ({
  agent: "claude_code",
  session,
  id: "msg_1",
  tsMs,
  isSubagent: false,
  model: "claude-opus-4-5",
  tokens: { ...noTokens, output },
  isExact,
});

it("keeps the largest snapshot of a response, which belongs to the session that had it first", () => {
  const all = [response("fork", 9, 50), response("own", 5, 7), response("own", 6, 50, true), response("fork", 8, 1)];
  for (const order of [all, all.toReversed()]) {
    const merged = new MergedHistory();
    for (const one of order) merged.addResponse(one);
    expect(merged.responses).toEqual([response("own", 5, 50, true)]);
  }
});

it("keeps the tool use with a result", () => {
  const { model: _, tokens: __, isExact: ___, ...of } = response("own", 5, 0);
  const open: ToolUse = { ...of, tool: "read_file", elapsedMs: null, outcome: null };
  const ended: ToolUse = { ...open, elapsedMs: 20, outcome: "failed" };
  for (const order of [
    [open, ended],
    [ended, open],
  ]) {
    const merged = new MergedHistory();
    for (const one of order) merged.addTool(one);
    expect(merged.tools).toEqual([ended]);
  }
});
