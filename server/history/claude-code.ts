/**
 * Claude Code's transcripts: one line per block of a response, so that a response has several lines with growing numbers; a
 * resumed or forked session repeats lines of another. Format of versions 2.0 to 2.1, which the vendor calls internal.
 */
import { canonicalTool, publicModel } from "../privacy/public-names.ts";
import { listIn, numberIn, objectIn, textIn } from "./found.ts";
import { type History, larger, type ModelResponse, noTokens, type ToolUse } from "./records.ts";
import { type Found, type Shape, scanLine } from "./scanner.ts";

const shape: Shape = {
  type: "text",
  sessionId: "text",
  timestamp: "text",
  isSidechain: "boolean",
  message: {
    id: "text",
    model: "text",
    stop_reason: "text",
    content: [{ type: "text", id: "text", name: "text", tool_use_id: "text", is_error: "boolean" }],
    usage: {
      input_tokens: "number",
      output_tokens: "number",
      cache_read_input_tokens: "number",
      cache_creation_input_tokens: "number",
      cache_creation: { ephemeral_5m_input_tokens: "number", ephemeral_1h_input_tokens: "number" },
    },
  },
};

/** A response that the program itself wrote, without a request. */
const synthetic = "<synthetic>";
/** The IDs of Anthropic's API; those of gateways may occur again. */
const apiId = /^msg_/;

interface Result {
  readonly tsMs: number;
  readonly isError: boolean;
}

export class ClaudeCodeHistory implements History {
  readonly #responses = new Map<string, ModelResponse>();
  readonly #tools = new Map<string, Omit<ToolUse, "elapsedMs" | "outcome">>();
  readonly #results = new Map<string, Result>();
  /** Lines that are not complete JSON. */
  faults = 0;

  /** `file`: names the session where a line does not. `isSubagent`: whether all lines are a subagent's. */
  addLine(bytes: Buffer, start: number, end: number, file: string, isSubagent: boolean): void {
    const line = scanLine(bytes, start, end, shape);
    if (line === undefined) {
      this.faults += 1;
      return;
    }
    const tsMs = Date.parse(textIn(line, "timestamp"));
    const message = objectIn(line, "message");
    if (message === undefined || Number.isNaN(tsMs)) return;
    const session = textIn(line, "sessionId") || file;
    const of = { agent: "claude_code", session, tsMs, isSubagent: isSubagent || line["isSidechain"] === true } as const;
    if (line["type"] === "assistant") this.#addResponse(message, of);
    if (line["type"] === "user") this.#addResults(message, tsMs);
  }

  #addResponse(message: Found, of: Pick<ModelResponse, "agent" | "session" | "tsMs" | "isSubagent">): void {
    const model = textIn(message, "model");
    if (model === synthetic) return;
    const usage = objectIn(message, "usage");
    const id = textIn(message, "id");
    if (usage !== undefined && id !== "") {
      const key = apiId.test(id) ? id : `${id} ${of.session} ${of.tsMs}`;
      const isExact = textIn(message, "stop_reason") !== "";
      const response = { ...of, id: key, model: publicModel(model), tokens: tokensOf(usage), isExact };
      const known = this.#responses.get(key);
      // The first session that has it owns it.
      this.#responses.set(
        key,
        known === undefined ? response : { ...larger(known, response), ...ownerOf(known, response) },
      );
    }
    for (const block of listIn(message, "content")) {
      const use = textIn(block, "id");
      if (block["type"] !== "tool_use" || use === "" || this.#tools.has(use)) continue;
      this.#tools.set(use, { ...of, id: use, tool: canonicalTool(textIn(block, "name")) });
    }
  }

  #addResults(message: Found, tsMs: number): void {
    for (const block of listIn(message, "content")) {
      const use = textIn(block, "tool_use_id");
      if (block["type"] !== "tool_result" || use === "" || this.#results.has(use)) continue;
      this.#results.set(use, { tsMs, isError: block["is_error"] === true });
    }
  }

  get responses(): readonly ModelResponse[] {
    return [...this.#responses.values()];
  }

  get tools(): readonly ToolUse[] {
    return [...this.#tools.values()].map((use) => {
      const result = this.#results.get(use.id);
      return {
        ...use,
        elapsedMs: result === undefined ? null : Math.max(0, result.tsMs - use.tsMs),
        outcome: result === undefined ? null : result.isError ? "failed" : "ok",
      };
    });
  }
}

const ownerOf = (a: ModelResponse, b: ModelResponse): Pick<ModelResponse, "session" | "tsMs" | "isSubagent"> => {
  const { session, tsMs, isSubagent } = b.tsMs < a.tsMs ? b : a;
  return { session, tsMs, isSubagent };
};

function tokensOf(usage: Found): ModelResponse["tokens"] {
  const parts = objectIn(usage, "cache_creation");
  const cacheWrite1h = parts === undefined ? 0 : numberIn(parts, "ephemeral_1h_input_tokens");
  const inParts = parts === undefined ? 0 : numberIn(parts, "ephemeral_5m_input_tokens") + cacheWrite1h;
  // Versions before 2.1.152 may give one of the two only.
  const writes = Math.max(numberIn(usage, "cache_creation_input_tokens"), inParts);
  const cacheRead = numberIn(usage, "cache_read_input_tokens");
  return {
    ...noTokens,
    input: numberIn(usage, "input_tokens") + cacheRead + writes,
    output: numberIn(usage, "output_tokens"),
    cacheRead,
    cacheWrite5m: writes - cacheWrite1h,
    cacheWrite1h,
  };
}
