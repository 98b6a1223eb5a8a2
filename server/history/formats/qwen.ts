/** Chats of Qwen Code: one line per message. A line about usage for its own telemetry repeats the same numbers and is not read. */
import { basename, join } from "node:path";
import { canonicalTool, publicModel } from "../../privacy/public-names.ts";
import { type AgentReader, foldersOf } from "../agent-reader.ts";
import { listIn, numberIn, objectIn, textIn } from "../found.ts";
import { readLines } from "../lines.ts";
import { MergedHistory } from "../merged.ts";
import { type ModelResponse, noTokens } from "../records.ts";
import { type Found, type Shape, scanLine } from "../scanner.ts";

const shape: Shape = {
  uuid: "text",
  sessionId: "text",
  timestamp: "text",
  type: "text",
  model: "text",
  usageMetadata: {
    promptTokenCount: "number",
    cachedContentTokenCount: "number",
    candidatesTokenCount: "number",
    thoughtsTokenCount: "number",
    totalTokenCount: "number",
  },
  message: { parts: [{ functionCall: { id: "text", name: "text" } }] },
  toolCallResult: { callId: "text", status: "text" },
};

export class QwenHistory extends MergedHistory {
  /** Lines that are not complete JSON. */
  faults = 0;

  /** `file`: names the session if the line does not. */
  addLine(bytes: Buffer, start: number, end: number, file: string): void {
    const line = scanLine(bytes, start, end, shape);
    if (line === undefined) {
      this.faults += 1;
      return;
    }
    const tsMs = Date.parse(textIn(line, "timestamp"));
    if (Number.isNaN(tsMs)) return;
    const of = { agent: "qwen_code", session: textIn(line, "sessionId") || file, tsMs, isSubagent: false } as const;
    if (line["type"] === "assistant") {
      const [id, usage] = [textIn(line, "uuid"), objectIn(line, "usageMetadata")];
      if (id !== "" && usage !== undefined)
        this.addResponse({
          ...of,
          id,
          model: publicModel(textIn(line, "model")),
          tokens: tokensOf(usage),
          isExact: true,
        });
      for (const part of listIn(objectIn(line, "message") ?? {}, "parts")) {
        const call = objectIn(part, "functionCall") ?? {};
        this.beginTool(of, textIn(call, "id"), canonicalTool(textIn(call, "name")));
      }
    }
    const result = objectIn(line, "toolCallResult");
    if (result === undefined) return;
    const status = textIn(result, "status");
    const outcome = status === "success" ? "ok" : status === "error" ? "failed" : null;
    this.endTool(of, textIn(result, "callId"), outcome);
  }
}

/** The input contains what the cache had. Whether the output contains thoughts is seen from the total. */
function tokensOf(usage: Found): ModelResponse["tokens"] {
  const input = numberIn(usage, "promptTokenCount");
  const [answer, thoughts] = [numberIn(usage, "candidatesTokenCount"), numberIn(usage, "thoughtsTokenCount")];
  const isBeside = numberIn(usage, "totalTokenCount") === input + answer + thoughts;
  const output = isBeside ? answer + thoughts : answer;
  return {
    ...noTokens,
    input,
    cacheRead: Math.min(numberIn(usage, "cachedContentTokenCount"), input),
    output,
    reasoning: Math.min(thoughts, output),
  };
}

export const qwenReader: AgentReader = {
  agent: "qwen_code",
  roots: (home, { QWEN_HOME: chosen }) => foldersOf(chosen, join(home, ".qwen")).map((one) => join(one, "projects")),
  isWanted: (path) => /\/chats\/[^/]*\.jsonl$/.test(path),
  open: () => {
    const history = new QwenHistory();
    return {
      read: ({ path }) => {
        const before = history.faults;
        const file = basename(path, ".jsonl");
        const { bytes, skipped } = readLines(path, (line, start, end) => history.addLine(line, start, end, file));
        return { bytes, skippedLines: skipped + history.faults - before };
      },
      history: () => history,
    };
  },
};
