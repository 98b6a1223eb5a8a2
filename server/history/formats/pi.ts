/** Sessions of Pi. A fork repeats the entries of its parent with their times; older entries have no IDs. */
import { basename, join } from "node:path";
import { canonicalTool, publicModel } from "../../privacy/public-names.ts";
import { type AgentReader, foldersOf } from "../agent-reader.ts";
import { listIn, numberIn, objectIn, textIn } from "../found.ts";
import { readLines } from "../lines.ts";
import { MergedHistory } from "../merged.ts";
import { microUsdOf, noTokens, type Occasion, outcomeOf } from "../records.ts";
import { type Found, type Shape, scanLine } from "../scanner.ts";

const agent = "pi";

const shape: Shape = {
  type: "text",
  id: "text",
  timestamp: "text",
  message: {
    role: "text",
    model: "text",
    toolCallId: "text",
    isError: "boolean",
    content: [{ type: "text", id: "text", name: "text" }],
    usage: {
      input: "number",
      output: "number",
      cacheRead: "number",
      cacheWrite: "number",
      cost: { total: "number" },
    },
  },
};

class PiHistory extends MergedHistory {
  faults = 0;
  #session = "";

  /** A file is one session, which its first line names. */
  begin(file: string): void {
    this.#session = file;
  }

  addLine(bytes: Buffer, start: number, end: number): void {
    const found = scanLine(bytes, start, end, shape);
    if (found === undefined) {
      this.faults += 1;
      return;
    }
    if (found["type"] === "session") this.#session = textIn(found, "id") || this.#session;
    const [at, message] = [textIn(found, "timestamp"), objectIn(found, "message")];
    const tsMs = Date.parse(at);
    if (message === undefined || Number.isNaN(tsMs)) return;
    const of = { agent, session: this.#session, tsMs, isSubagent: false } as const;
    if (message["role"] === "assistant") this.#addResponse(`${at} ${textIn(message, "model")}`, message, of);
    if (message["role"] === "toolResult")
      this.endTool(of, textIn(message, "toolCallId"), outcomeOf(message["isError"]));
  }

  #addResponse(id: string, message: Found, of: Occasion): void {
    const usage = objectIn(message, "usage");
    if (usage !== undefined) {
      const [read, written] = [numberIn(usage, "cacheRead"), numberIn(usage, "cacheWrite")];
      const total = objectIn(usage, "cost")?.["total"];
      this.addResponse({
        ...of,
        id,
        model: publicModel(textIn(message, "model")),
        tokens: {
          ...noTokens,
          input: numberIn(usage, "input") + read + written,
          cacheRead: read,
          cacheWrite5m: written,
          output: numberIn(usage, "output"),
        },
        isExact: true,
        costMicroUsd: typeof total === "number" ? microUsdOf(total) : 0,
      });
    }
    for (const block of listIn(message, "content"))
      if (block["type"] === "toolCall") this.beginTool(of, textIn(block, "id"), canonicalTool(textIn(block, "name")));
  }
}

export const piReader: AgentReader = {
  agent,
  roots: (home, { PI_CODING_AGENT_DIR: chosen, PI_AGENT_DIR: older }) =>
    foldersOf(chosen || older, join(home, ".pi", "agent")).map((one) => join(one, "sessions")),
  isWanted: (path) => path.endsWith(".jsonl"),
  open: () => {
    const history = new PiHistory();
    return {
      read: ({ path }) => {
        const before = history.faults;
        history.begin(basename(path, ".jsonl"));
        const { bytes, skipped } = readLines(path, (line, start, end) => history.addLine(line, start, end));
        return { bytes, skippedLines: skipped + history.faults - before };
      },
      history: () => history,
    };
  },
};
