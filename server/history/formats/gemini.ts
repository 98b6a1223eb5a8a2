/**
 * Sessions of Gemini CLI: one document with all messages, or since 2026 a line for each change, so that a message has several. What
 * was rewound had been billed.
 */
import { basename, join } from "node:path";
import { canonicalTool, publicModel } from "../../privacy/public-names.ts";
import type { AgentReader } from "../agent-reader.ts";
import { listIn, numberIn, objectIn, textIn } from "../found.ts";
import { readDocument, readLines } from "../lines.ts";
import { MergedHistory } from "../merged.ts";
import { type ModelResponse, noTokens, type Occasion, toolUseId } from "../records.ts";
import { type Found, type Shape, scanLine } from "../scanner.ts";

const message: Shape = {
  id: "text",
  timestamp: "text",
  type: "text",
  model: "text",
  tokens: { input: "number", output: "number", cached: "number", thoughts: "number", tool: "number" },
  toolCalls: [{ id: "text", name: "text", status: "text", timestamp: "text" }],
};
const line: Shape = { ...message, sessionId: "text", kind: "text" };
const document: Shape = { sessionId: "text", kind: "text", messages: [message] };

/** What one file says. */
export class GeminiSession extends MergedHistory {
  #session: string;
  #isSubagent = false;
  /** Lines, or the document, that are not complete JSON. */
  faults = 0;

  /** `file`: names the session if no line does. */
  constructor(file: string) {
    super();
    this.#session = file;
  }

  addLine(bytes: Buffer, start: number, end: number): void {
    this.#add(scanLine(bytes, start, end, line), (found) => [found]);
  }

  addDocument(bytes: Buffer): void {
    this.#add(scanLine(bytes, 0, bytes.length, document), (found) => listIn(found, "messages"));
  }

  #add(found: Found | undefined, messagesIn: (found: Found) => readonly Found[]): void {
    if (found === undefined) {
      this.faults += 1;
      return;
    }
    this.#session = textIn(found, "sessionId") || this.#session;
    this.#isSubagent ||= textIn(found, "kind") === "subagent";
    for (const one of messagesIn(found)) this.#addMessage(one);
  }

  #addMessage(found: Found): void {
    const tsMs = Date.parse(textIn(found, "timestamp"));
    const name = textIn(found, "id");
    if (found["type"] !== "gemini" || name === "" || Number.isNaN(tsMs)) return;
    const of = { agent: "gemini_cli", session: this.#session, tsMs, isSubagent: this.#isSubagent } as const;
    const tokens = objectIn(found, "tokens");
    const model = publicModel(textIn(found, "model"));
    const id = `${this.#session} ${name}`;
    if (tokens !== undefined)
      this.addResponse({ ...of, id, model, tokens: tokensOf(tokens), isExact: true, mayGrow: true });
    for (const call of listIn(found, "toolCalls")) this.#addCall(call, of);
  }

  #addCall(call: Found, of: Occasion): void {
    const [id, status] = [textIn(call, "id"), textIn(call, "status")];
    const atMs = Date.parse(textIn(call, "timestamp"));
    if (id === "") return;
    const outcome = status === "success" ? "ok" : status === "error" ? "failed" : null;
    this.addTool({
      ...of,
      id: toolUseId(of.session, id),
      tsMs: Number.isNaN(atMs) ? of.tsMs : atMs,
      tool: canonicalTool(textIn(call, "name")),
      elapsedMs: null,
      outcome,
    });
  }
}

/** The input contains what the cache had; thoughts are beside the output, and prompts of tools beside the input. */
function tokensOf(tokens: Found): ModelResponse["tokens"] {
  const thoughts = numberIn(tokens, "thoughts");
  const input = numberIn(tokens, "input") + numberIn(tokens, "tool");
  return {
    ...noTokens,
    input,
    cacheRead: Math.min(numberIn(tokens, "cached"), input),
    output: numberIn(tokens, "output") + thoughts,
    reasoning: thoughts,
  };
}

export const geminiReader: AgentReader = {
  agent: "gemini_cli",
  roots: (home) => [join(home, ".gemini", "tmp")],
  isWanted: (path) => /\/chats\/(?:[^/]*\/)*[^/]*\.jsonl?$/.test(path),
  open: () => {
    const history = new MergedHistory();
    return {
      read: ({ path }) => {
        const session = new GeminiSession(basename(path).replace(/\.jsonl?$/, ""));
        const result = path.endsWith(".json")
          ? readDocument(path, (bytes) => session.addDocument(bytes))
          : readLines(path, (line, start, end) => session.addLine(line, start, end));
        history.add(session);
        return { bytes: result.bytes, skippedLines: result.skipped + session.faults };
      },
      history: () => history,
    };
  },
};
