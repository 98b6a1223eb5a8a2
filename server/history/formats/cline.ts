/**
 * Tasks of Cline and of Roo Code and Kilo Code, which came from it: a list of what the user saw, where the numbers of a request are in
 * a text. Cline since 2026 keeps sessions with the numbers of each message.
 */
import { basename, dirname, join } from "node:path";
import type { KnownAgent } from "../../../shared/vocabulary/agents.ts";
import { canonicalTool, publicModel } from "../../privacy/public-names.ts";
import { type AgentReader, editorFolders, type FileResult, foldersOf, type OpenReader } from "../agent-reader.ts";
import { listIn, numberIn, objectIn, textIn } from "../found.ts";
import type { HistoryFile } from "../history-files.ts";
import { readDocument } from "../lines.ts";
import { MergedHistory } from "../merged.ts";
import { microUsdOf, noTokens, type Occasion, outcomeOf } from "../records.ts";
import { type Found, type Shape, scanLine, scanList } from "../scanner.ts";

/** VS Code and editors that came from it, where the extensions run. */
const editors = ["Code", "Code - Insiders", "VSCodium", "Cursor", "Windsurf", "Trae", "Antigravity"];

const shown: Shape = {
  ts: "number",
  type: "text",
  say: "text",
  ask: "text",
  partial: "boolean",
  modelInfo: { modelId: "text" },
  text: [
    "text",
    {
      tool: "text",
      tokensIn: "number",
      tokensOut: "number",
      cacheReads: "number",
      cacheWrites: "number",
      cost: "number",
    },
  ],
};

/** What the user saw of a task. */
function addShown(history: MergedHistory, agent: KnownAgent, task: string, found: Found): void {
  const tsMs = numberIn(found, "ts");
  if (tsMs === 0) return;
  const of = { agent, session: task, tsMs, isSubagent: false } as const;
  const facts = objectIn(found, "text");
  const kind = textIn(found, "say") || textIn(found, "ask");
  if (kind === "tool" || kind === "command") {
    const tool = kind === "command" ? "execute_command" : textIn(facts ?? {}, "tool");
    const use = { ...of, id: `${task} ${tsMs}`, elapsedMs: null, outcome: null };
    if (tool !== "" && found["partial"] !== true) history.addTool({ ...use, tool: canonicalTool(tool) });
    return;
  }
  if (found["say"] !== "api_req_started" || facts === undefined) return;
  const [input, output] = [numberIn(facts, "tokensIn"), numberIn(facts, "tokensOut")];
  const [read, written] = [numberIn(facts, "cacheReads"), numberIn(facts, "cacheWrites")];
  if (input + output + read + written === 0) return;
  history.addResponse({
    ...of,
    id: `${task} ${tsMs}`,
    model: publicModel(textIn(objectIn(found, "modelInfo") ?? {}, "modelId")),
    tokens: { ...noTokens, input: input + read + written, cacheRead: read, cacheWrite5m: written, output },
    isExact: true,
    mayGrow: true,
    costMicroUsd: costOf(facts),
  });
}

const costOf = ({ cost }: Found): number => (typeof cost === "number" ? microUsdOf(cost) : 0);

function taskReader(agent: KnownAgent, extension: string): AgentReader {
  return {
    agent,
    roots: (home, env) => [
      ...editorFolders(editors, home, env).map((folder) => join(folder, "globalStorage", extension, "tasks")),
      join(home, ".vscode-server", "data", "User", "globalStorage", extension, "tasks"),
    ],
    isEntered: (path) => !path.includes("/"),
    isWanted: (path) => /^[^/]+\/ui_messages\.json$/.test(path),
    open: () => {
      const history = new MergedHistory();
      return { read: ({ path }) => readTask(history, agent, path), history: () => history };
    },
  };
}

function readTask(history: MergedHistory, agent: KnownAgent, path: string): FileResult {
  const task = basename(dirname(path));
  let faults = 0;
  const { bytes, skipped } = readDocument(path, (document) => {
    const list = scanList(document, 0, document.length, shown);
    faults = list === undefined ? 1 : 0;
    for (const found of list ?? []) addShown(history, agent, task, found);
  });
  return { bytes, skippedLines: skipped + faults };
}

const session: Shape = {
  sessionId: "text",
  messages: [
    {
      id: "text",
      role: "text",
      ts: "number",
      modelInfo: { id: "text" },
      metrics: {
        inputTokens: "number",
        outputTokens: "number",
        cacheReadTokens: "number",
        cacheWriteTokens: "number",
        cost: "number",
      },
      content: [{ type: "text", id: "text", name: "text", tool_use_id: "text", is_error: "boolean" }],
    },
  ],
};

/** A session of Cline since 2026. A fork copies messages with their IDs. */
function readSession(history: MergedHistory, { path }: HistoryFile): FileResult {
  let faults = 0;
  const { bytes, skipped } = readDocument(path, (document) => {
    const found = scanLine(document, 0, document.length, session);
    if (found === undefined) faults = 1;
    else {
      const name = textIn(found, "sessionId") || basename(path, ".messages.json");
      for (const message of listIn(found, "messages")) addMessage(history, name, message);
    }
  });
  return { bytes, skippedLines: skipped + faults };
}

function addMessage(history: MergedHistory, name: string, message: Found): void {
  const [id, tsMs] = [textIn(message, "id"), numberIn(message, "ts")];
  if (id === "" || tsMs === 0) return;
  const of = { agent: "cline", session: name, tsMs, isSubagent: false } as const;
  const metrics = objectIn(message, "metrics");
  if (message["role"] === "assistant" && metrics !== undefined) {
    const [read, written] = [numberIn(metrics, "cacheReadTokens"), numberIn(metrics, "cacheWriteTokens")];
    const counted = numberIn(metrics, "inputTokens");
    const input = counted >= read + written ? counted : counted + read + written;
    history.addResponse({
      ...of,
      id: `${id} ${tsMs}`,
      model: publicModel(textIn(objectIn(message, "modelInfo") ?? {}, "id")),
      tokens: {
        ...noTokens,
        input,
        cacheRead: read,
        cacheWrite5m: written,
        output: numberIn(metrics, "outputTokens"),
      },
      isExact: true,
      costMicroUsd: costOf(metrics),
    });
  }
  for (const block of listIn(message, "content")) addBlock(history, block, of);
}

function addBlock(history: MergedHistory, block: Found, of: Occasion): void {
  if (block["type"] === "tool_use") history.beginTool(of, textIn(block, "id"), canonicalTool(textIn(block, "name")));
  if (block["type"] === "tool_result") history.endTool(of, textIn(block, "tool_use_id"), outcomeOf(block["is_error"]));
}

const tasks = taskReader("cline", "saoudrizwan.claude-dev");

const openCline = (): OpenReader => {
  const history = new MergedHistory();
  return {
    read: (file) =>
      basename(file.path) === "ui_messages.json" ? readTask(history, "cline", file.path) : readSession(history, file),
    history: () => history,
  };
};

export const clineReader: AgentReader = {
  ...tasks,
  roots: (home, env) => {
    const { CLINE_DATA_DIR: data, CLINE_DIR: dir } = env;
    const folders = foldersOf(data, ...foldersOf(dir, join(home, ".cline")).map((one) => join(one, "data")));
    return [...tasks.roots(home, env), ...folders.flatMap((one) => [join(one, "sessions"), join(one, "tasks")])];
  },
  isWanted: (path) => tasks.isWanted(path) || /^[^/]+\/[^/]+\.messages\.json$/.test(path),
  open: openCline,
};
export const rooReader: AgentReader = taskReader("roo_code", "rooveterinaryinc.roo-cline");
/** Of Kilo Code before version 7. */
export const kiloTasksReader: AgentReader = taskReader("kilo_code", "kilocode.kilo-code");
