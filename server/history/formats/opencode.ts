/**
 * Sessions of opencode and of Kilo Code since version 7, which have the same form: tables `message` and `part` with documents of
 * JSON, and before the database a file for each document. A fork copies both under new IDs, with the same times.
 */
import { join } from "node:path";
import { dayMs } from "../../../shared/schema/durations.ts";
import type { KnownAgent } from "../../../shared/vocabulary/agents.ts";
import { canonicalTool, publicModel } from "../../privacy/public-names.ts";
import { type AgentReader, type DatabaseHistory, dataFolder } from "../agent-reader.ts";
import { countOf, type ForeignDatabase, type ForeignRow, textOf } from "../foreign-database.ts";
import { numberIn, objectIn, textIn } from "../found.ts";
import { readDocument } from "../lines.ts";
import { MergedHistory } from "../merged.ts";
import { microUsdOf, noTokens, toolUseId } from "../records.ts";
import { type Found, type Shape, scanLine } from "../scanner.ts";

/** A message that was not completed for so long was given up. */
const givenUpMs = dayMs;

interface Message {
  readonly session: string;
  readonly model: string;
  readonly provider: string;
  readonly createdMs: number;
  /** 0: not completed. */
  readonly completedMs: number;
  readonly costUsd: number;
  readonly input: number;
  readonly output: number;
  readonly reasoning: number;
  readonly read: number;
  readonly written: number;
}

interface Part {
  readonly session: string;
  readonly callId: string;
  readonly tool: string;
  readonly status: string;
  readonly startMs: number;
  readonly endMs: number;
}

class OpencodeHistory extends MergedHistory implements DatabaseHistory {
  readonly #agent: KnownAgent;
  readonly #subagents: ReadonlySet<string>;
  faults = 0;

  /** `subagents`: IDs of sessions that have a parent. */
  constructor(agent: KnownAgent, subagents: ReadonlySet<string> = new Set()) {
    super();
    this.#agent = agent;
    this.#subagents = subagents;
  }

  addMessage(message: Message): void {
    const { session, model, provider, createdMs, completedMs, costUsd, input, output, reasoning } = message;
    const { read, written } = message;
    if (input + output + reasoning + read + written === 0) return;
    const isComplete = completedMs > 0;
    if (!isComplete && Date.now() - createdMs < givenUpMs) return;
    this.addResponse({
      agent: this.#agent,
      session,
      // The same in a copy.
      id: `${createdMs} ${completedMs} ${provider} ${model}`,
      tsMs: createdMs,
      isSubagent: this.#subagents.has(session),
      model: publicModel(model),
      tokens: {
        ...noTokens,
        input: input + read + written,
        cacheRead: read,
        cacheWrite5m: written,
        output: output + reasoning,
        reasoning,
      },
      isExact: isComplete,
      mayGrow: false,
      costMicroUsd: microUsdOf(costUsd),
    });
  }

  addPart({ session, callId, tool, status, startMs, endMs }: Part): void {
    if (callId === "" || startMs === 0) return;
    this.addTool({
      agent: this.#agent,
      session,
      id: toolUseId(session, callId),
      tsMs: startMs,
      isSubagent: this.#subagents.has(session),
      tool: canonicalTool(tool),
      elapsedMs: endMs >= startMs ? endMs - startMs : null,
      outcome: status === "completed" ? "ok" : status === "error" ? "failed" : null,
    });
  }
}

const json = (path: string) => `json_extract(data, '${path}')`;

function readOpencode(agent: KnownAgent, database: ForeignDatabase): DatabaseHistory {
  // Version 2 keeps its messages elsewhere.
  if (!database.has("message")) throw new Error("this version is not known: there is no table message");
  const subagents = new Set<string>();
  if (database.has("session"))
    for (const row of database.rows({
      table: "session",
      columns: ["id", "parent_id"],
      values: { id: "id" },
      where: "parent_id IS NOT NULL",
    }))
      subagents.add(textOf(row, "id"));
  const history = new OpencodeHistory(agent, subagents);
  const common = { session: "session_id", isJson: "json_valid(data)" };
  const valid = (name: string) => `CASE WHEN json_valid(data) THEN ${name} END`;
  for (const row of database.rows({
    table: "message",
    columns: ["id", "session_id", "data"],
    values: {
      ...common,
      role: valid(json("$.role")),
      model: valid(json("$.modelID")),
      provider: valid(json("$.providerID")),
      created: valid(json("$.time.created")),
      completed: valid(json("$.time.completed")),
      cost: valid(json("$.cost")),
      input: valid(json("$.tokens.input")),
      output: valid(json("$.tokens.output")),
      reasoning: valid(json("$.tokens.reasoning")),
      read: valid(json("$.tokens.cache.read")),
      written: valid(json("$.tokens.cache.write")),
    },
  })) {
    if (row["isJson"] !== 1) history.faults += 1;
    else if (row["role"] === "assistant") history.addMessage(messageOf(row));
  }
  if (database.has("part"))
    for (const row of database.rows({
      table: "part",
      columns: ["id", "session_id", "data"],
      values: {
        ...common,
        type: valid(json("$.type")),
        callId: valid(json("$.callID")),
        tool: valid(json("$.tool")),
        status: valid(json("$.state.status")),
        start: valid(json("$.state.time.start")),
        end: valid(json("$.state.time.end")),
      },
    })) {
      if (row["isJson"] !== 1) history.faults += 1;
      else if (row["type"] === "tool") history.addPart(partOf(row));
    }
  return history;
}

const messageOf = (row: ForeignRow): Message => ({
  session: textOf(row, "session"),
  model: textOf(row, "model"),
  provider: textOf(row, "provider"),
  createdMs: countOf(row, "created"),
  completedMs: countOf(row, "completed"),
  costUsd: typeof row["cost"] === "number" ? row["cost"] : 0,
  input: countOf(row, "input"),
  output: countOf(row, "output"),
  reasoning: countOf(row, "reasoning"),
  read: countOf(row, "read"),
  written: countOf(row, "written"),
});

const partOf = (row: ForeignRow): Part => ({
  session: textOf(row, "session"),
  callId: textOf(row, "callId"),
  tool: textOf(row, "tool"),
  status: textOf(row, "status"),
  startMs: countOf(row, "start"),
  endMs: countOf(row, "end"),
});

const messageShape: Shape = {
  sessionID: "text",
  role: "text",
  modelID: "text",
  providerID: "text",
  cost: "number",
  time: { created: "number", completed: "number" },
  tokens: {
    input: "number",
    output: "number",
    reasoning: "number",
    cache: { read: "number", write: "number" },
  },
};
const partShape: Shape = {
  sessionID: "text",
  type: "text",
  callID: "text",
  tool: "text",
  state: { status: "text", time: { start: "number", end: "number" } },
};

function addDocument(history: OpencodeHistory, bytes: Buffer, isPart: boolean): void {
  const found = scanLine(bytes, 0, bytes.length, isPart ? partShape : messageShape);
  if (found === undefined) {
    history.faults += 1;
    return;
  }
  const session = textIn(found, "sessionID");
  if (isPart && found["type"] === "tool") {
    const state = objectIn(found, "state") ?? none;
    const time = objectIn(state, "time") ?? none;
    history.addPart({
      session,
      callId: textIn(found, "callID"),
      tool: textIn(found, "tool"),
      status: textIn(state, "status"),
      startMs: numberIn(time, "start"),
      endMs: numberIn(time, "end"),
    });
  } else if (!isPart && found["role"] === "assistant") {
    const [time, tokens] = [objectIn(found, "time") ?? none, objectIn(found, "tokens") ?? none];
    const cache = objectIn(tokens, "cache") ?? none;
    history.addMessage({
      session,
      model: textIn(found, "modelID"),
      provider: textIn(found, "providerID"),
      createdMs: numberIn(time, "created"),
      completedMs: numberIn(time, "completed"),
      costUsd: typeof found["cost"] === "number" ? found["cost"] : 0,
      input: numberIn(tokens, "input"),
      output: numberIn(tokens, "output"),
      reasoning: numberIn(tokens, "reasoning"),
      read: numberIn(cache, "read"),
      written: numberIn(cache, "write"),
    });
  }
}

const none: Found = {};

/** `name`: of the folder and of the database, which a channel may follow. */
const readerOf = (agent: KnownAgent, name: string): AgentReader => {
  const isDatabase = new RegExp(`^${name}(?:-[a-z0-9.]+)?\\.db$`);
  return {
    agent,
    roots: (home, env) => [join(dataFolder(home, env), name)],
    isEntered: (path) => /^storage(?:\/(?:message|part)(?:\/[^/]+)?)?$/.test(path),
    isWanted: (path) => isDatabase.test(path) || /^storage\/(?:message|part)\/[^/]+\/[^/]+\.json$/.test(path),
    readDatabase: (database) => readOpencode(agent, database),
    open: (readDatabase) => {
      const history = new MergedHistory();
      return {
        read: ({ path, bytes }) => {
          if (path.endsWith(".db")) {
            const found = readDatabase(path);
            history.add(found);
            return { bytes, skippedLines: found.faults };
          }
          const found = new OpencodeHistory(agent);
          const isPart = /[/\\]part[/\\][^/\\]+[/\\][^/\\]+$/.test(path);
          const result = readDocument(path, (document) => addDocument(found, document, isPart));
          history.add(found);
          return { bytes: result.bytes, skippedLines: result.skipped + found.faults };
        },
        history: () => history,
      };
    },
  };
};

export const opencodeReader: AgentReader = readerOf("opencode", "opencode");
/** Of Kilo Code since version 7. */
export const kiloSessionsReader: AgentReader = readerOf("kilo_code", "kilo");
