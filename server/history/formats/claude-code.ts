/**
 * Claude Code's transcripts: one line per block of a response, so that a response has several lines with growing numbers; a
 * resumed or forked session repeats lines of another. Format of versions 2.0 to 2.1, which the vendor calls internal.
 */
import { basename, join } from "node:path";
import { canonicalTool, publicModel } from "../../privacy/public-names.ts";
import { type AgentReader, foldersOf } from "../agent-reader.ts";
import { listIn, numberIn, objectIn, textIn } from "../found.ts";
import { readLines } from "../lines.ts";
import { MergedHistory } from "../merged.ts";
import { type ModelResponse, noTokens, type Occasion, type ToolUse } from "../records.ts";
import { type Found, type Shape, scanLine } from "../scanner.ts";

const shape: Shape = {
  type: "text",
  sessionId: "text",
  timestamp: "text",
  isSidechain: "boolean",
  requestId: "text",
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
const apiRequestId = /^req_/;

interface Result {
  readonly tsMs: number;
  readonly isError: boolean;
}

export class ClaudeCodeHistory extends MergedHistory {
  /** Of uses that were not read yet: files are read newest first. */
  readonly #results = new Map<string, Result>();
  /** The last one, so that its records share one text. */
  #session = "";
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
    const named = textIn(line, "sessionId") || file;
    if (named !== this.#session) this.#session = named;
    const session = this.#session;
    const of = { agent: "claude_code", session, tsMs, isSubagent: isSubagent || line["isSidechain"] === true } as const;
    if (line["type"] === "assistant") this.#addResponse(message, of, textIn(line, "requestId"));
    if (line["type"] === "user") this.#addResults(message, tsMs);
  }

  #addResponse(message: Found, of: Occasion, requestId: string): void {
    const model = textIn(message, "model");
    if (model === synthetic) return;
    const usage = objectIn(message, "usage");
    const id = textIn(message, "id");
    if (usage !== undefined && id !== "") {
      const key = apiId.test(id) ? id : `${id} ${of.session} ${of.tsMs}`;
      const isExact = textIn(message, "stop_reason") !== "";
      const response = { ...of, id: key, model: publicModel(model), tokens: tokensOf(usage), isExact };
      this.addResponse(apiRequestId.test(requestId) ? { ...response, requestId } : response);
    }
    for (const block of listIn(message, "content")) {
      const use = textIn(block, "id");
      if (block["type"] !== "tool_use" || use === "") continue;
      this.addTool(endedBy({ ...of, id: use, tool: canonicalTool(textIn(block, "name")) }, this.#results.get(use)));
    }
  }

  #addResults(message: Found, tsMs: number): void {
    for (const block of listIn(message, "content")) {
      const use = textIn(block, "tool_use_id");
      if (block["type"] !== "tool_result" || use === "" || this.#results.has(use)) continue;
      const result = { tsMs, isError: block["is_error"] === true };
      const known = this.toolOf(use);
      // Of copies the first counts.
      if (known === undefined) this.#results.set(use, result);
      else if (known.outcome === null) this.addTool(endedBy(known, result));
    }
  }
}

const endedBy = (use: Omit<ToolUse, "elapsedMs" | "outcome">, result: Result | undefined): ToolUse => ({
  ...use,
  elapsedMs: result === undefined ? null : Math.max(0, result.tsMs - use.tsMs),
  outcome: result === undefined ? null : result.isError ? "failed" : "ok",
});

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

export const claudeCodeReader: AgentReader = {
  agent: "claude_code",
  roots: (home, { CLAUDE_CONFIG_DIR: chosen }) =>
    foldersOf(chosen, join(home, ".claude"), join(home, ".config", "claude")).map((one) => join(one, "projects")),
  // Results of tools are texts.
  isWanted: (path) => path.endsWith(".jsonl") && !path.includes("/tool-results/"),
  open: () => {
    const history = new ClaudeCodeHistory();
    return {
      read: ({ path }) => {
        const name = basename(path, ".jsonl");
        const isSubagent = name.startsWith("agent-");
        const before = history.faults;
        const { bytes, skipped } = readLines(path, (line, start, end) =>
          history.addLine(line, start, end, name, isSubagent),
        );
        return { bytes, skippedLines: skipped + history.faults - before };
      },
      history: () => history,
    };
  },
};
