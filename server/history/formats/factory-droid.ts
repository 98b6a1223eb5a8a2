/**
 * Sessions of Factory's Droid: lines with the tool uses of messages, and beside them the settings of the session with the total of
 * its tokens, which grows.
 */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { canonicalTool, publicModel } from "../../privacy/public-names.ts";
import type { AgentReader } from "../agent-reader.ts";
import { listIn, numberIn, objectIn, textIn } from "../found.ts";
import { readDocument, readLines } from "../lines.ts";
import { MergedHistory } from "../merged.ts";
import { noTokens, type Occasion, outcomeOf } from "../records.ts";
import { type Found, type Shape, scanLine } from "../scanner.ts";

const agent = "factory_droid";

const line: Shape = {
  type: "text",
  timestamp: "text",
  message: {
    content: [{ type: "text", id: "text", name: "text", tool_use_id: "text", is_error: "boolean" }],
  },
};
const settings: Shape = {
  model: "text",
  tokenUsage: {
    inputTokens: "number",
    outputTokens: "number",
    cacheCreationTokens: "number",
    cacheReadTokens: "number",
    thinkingTokens: "number",
  },
};

class DroidHistory extends MergedHistory {
  faults = 0;
  #firstMs = 0;

  addLine(bytes: Buffer, start: number, end: number, session: string): void {
    const found = scanLine(bytes, start, end, line);
    if (found === undefined) {
      this.faults += 1;
      return;
    }
    const tsMs = Date.parse(textIn(found, "timestamp"));
    if (Number.isNaN(tsMs)) return;
    this.#firstMs = this.#firstMs === 0 ? tsMs : Math.min(this.#firstMs, tsMs);
    const of = { agent, session, tsMs, isSubagent: false } as const;
    for (const block of listIn(objectIn(found, "message") ?? {}, "content")) this.#addBlock(block, of);
  }

  /** The total of the session, at its first message. */
  addSettings(bytes: Buffer, session: string): void {
    const found = scanLine(bytes, 0, bytes.length, settings);
    const usage = found === undefined ? undefined : objectIn(found, "tokenUsage");
    if (found === undefined) this.faults += 1;
    if (found === undefined || usage === undefined || this.#firstMs === 0) return;
    const [read, written] = [numberIn(usage, "cacheReadTokens"), numberIn(usage, "cacheCreationTokens")];
    const output = numberIn(usage, "outputTokens");
    const input = numberIn(usage, "inputTokens") + read + written;
    if (input + output === 0) return;
    this.addResponse({
      agent,
      session,
      id: session,
      tsMs: this.#firstMs,
      isSubagent: false,
      model: publicModel(textIn(found, "model")),
      tokens: {
        ...noTokens,
        input,
        cacheRead: read,
        cacheWrite5m: written,
        output,
        reasoning: Math.min(numberIn(usage, "thinkingTokens"), output),
      },
      isExact: true,
      mayGrow: true,
    });
  }

  #addBlock(block: Found, of: Occasion): void {
    if (block["type"] === "tool_use") this.beginTool(of, textIn(block, "id"), canonicalTool(textIn(block, "name")));
    // Only failures are marked.
    const outcome = outcomeOf(block["is_error"] === true);
    if (block["type"] === "tool_result") this.endTool(of, textIn(block, "tool_use_id"), outcome);
  }
}

export const factoryDroidReader: AgentReader = {
  agent,
  roots: (home) => [join(home, ".factory", "sessions")],
  isWanted: (path) => path.endsWith(".jsonl"),
  open: () => {
    const all = new MergedHistory();
    return {
      read: ({ path }) => {
        const history = new DroidHistory();
        const session = basename(path, ".jsonl");
        const { bytes, skipped } = readLines(path, (lineBytes, start, end) =>
          history.addLine(lineBytes, start, end, session),
        );
        const beside = path.replace(/\.jsonl$/, ".settings.json");
        const total = existsSync(beside)
          ? readDocument(beside, (document) => history.addSettings(document, session)).bytes
          : 0;
        all.add(history);
        return { bytes: bytes + total, skippedLines: skipped + history.faults };
      },
      history: () => all,
    };
  },
};
