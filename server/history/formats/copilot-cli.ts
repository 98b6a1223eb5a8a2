/**
 * Sessions of GitHub Copilot CLI. Its database has a row for each request. Older versions have only the totals that a session
 * writes when it ends, which go on over resumed sessions, and after a crash only the output of its messages.
 */
import { basename, dirname, join } from "node:path";
import { canonicalTool, publicModel } from "../../privacy/public-names.ts";
import { type AgentReader, type DatabaseHistory, foldersOf } from "../agent-reader.ts";
import { countOf, type ForeignDatabase, textOf } from "../foreign-database.ts";
import { numberIn, objectIn, textIn } from "../found.ts";
import { readLines } from "../lines.ts";
import { MergedHistory } from "../merged.ts";
import { type ModelResponse, noTokens, outcomeOf, type ToolUse } from "../records.ts";
import { type Found, type Shape, scanLine } from "../scanner.ts";

const agent = "copilot_cli";

/** An "AI unit" is a hundredth of a dollar, and has 10^9 parts: so many parts make a millionth of a dollar. */
const nanoPerMicroUsd = 100_000;

function readRequests(database: ForeignDatabase): DatabaseHistory {
  const history = new MergedHistory();
  let faults = 0;
  // Versions before it have no requests.
  if (!database.has("assistant_usage_events")) return { responses: [], tools: [], faults };
  const names = ["id", "session_id", "model", "input_tokens", "output_tokens", "cache_read_tokens"];
  const more = ["cache_write_tokens", "reasoning_tokens", "total_nano_aiu", "created_at"];
  const columns = [...names, ...more];
  const values = Object.fromEntries(columns.map((name) => [name, name]));
  for (const row of database.rows({ table: "assistant_usage_events", columns, values })) {
    const tsMs = timeIn(row["created_at"]);
    const id = row["id"];
    if (tsMs === undefined || (typeof id !== "string" && typeof id !== "number")) {
      faults += 1;
      continue;
    }
    const input = countOf(row, "input_tokens");
    const output = countOf(row, "output_tokens");
    history.addResponse({
      agent,
      session: textOf(row, "session_id"),
      // Another database has the same numbers.
      id: `request ${textOf(row, "session_id")} ${tsMs} ${id}`,
      tsMs,
      isSubagent: false,
      model: publicModel(textOf(row, "model")),
      tokens: {
        ...noTokens,
        input,
        output,
        cacheRead: Math.min(countOf(row, "cache_read_tokens"), input),
        cacheWrite5m: Math.min(countOf(row, "cache_write_tokens"), input),
        reasoning: Math.min(countOf(row, "reasoning_tokens"), output),
      },
      isExact: true,
      costMicroUsd: Math.round(countOf(row, "total_nano_aiu") / nanoPerMicroUsd),
    });
  }
  return { responses: history.responses, tools: [], faults };
}

/** A time as ISO text, in seconds or in milliseconds since 1970. A text of SQLite without a zone is UTC. */
function timeIn(value: unknown): number | undefined {
  if (typeof value === "number") return value > 100_000_000_000 ? value : value * 1000;
  if (typeof value !== "string") return undefined;
  const isBare = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?:\.\d+)?$/.test(value);
  const tsMs = Date.parse(isBare ? `${value.replace(" ", "T")}Z` : value);
  return Number.isNaN(tsMs) ? undefined : tsMs;
}

const usage: Shape = {
  inputTokens: "number",
  outputTokens: "number",
  cacheReadTokens: "number",
  cacheWriteTokens: "number",
  reasoningTokens: "number",
};
const shape: Shape = {
  id: "text",
  timestamp: "text",
  type: "text",
  agentId: "text",
  data: {
    sessionId: "text",
    toolCallId: "text",
    toolName: "text",
    success: "boolean",
    model: "text",
    outputTokens: "number",
    modelMetrics: { "*": { usage } },
  },
};

interface Totals {
  readonly input: number;
  readonly output: number;
  readonly read: number;
  readonly written: number;
  readonly reasoning: number;
}
const kinds = ["input", "output", "read", "written", "reasoning"] as const;

/**
 * What one file of a session says. The part until each of its totals is one record, which grows from what its messages say to what
 * the totals say.
 */
class CopilotSession {
  readonly #tools = new MergedHistory();
  readonly #parts: Part[] = [];
  readonly session: string;
  /** The last totals of each model. */
  readonly #totals = new Map<string, Totals>();
  /** Output of the messages since the last totals, by model. */
  #open = new Map<string, number>();
  #ended = 0;
  #beganMs: number | null = null;
  faults = 0;

  constructor(session: string) {
    this.session = session;
  }

  addLine(bytes: Buffer, start: number, end: number): void {
    const line = scanLine(bytes, start, end, shape);
    if (line === undefined) {
      this.faults += 1;
      return;
    }
    const tsMs = Date.parse(textIn(line, "timestamp"));
    const data = objectIn(line, "data");
    if (Number.isNaN(tsMs) || data === undefined) return;
    const of = { agent, session: this.session, tsMs, isSubagent: textIn(line, "agentId") !== "" } as const;
    switch (line["type"]) {
      case "tool.execution_start":
        this.#tools.beginTool(of, textIn(data, "toolCallId"), canonicalTool(textIn(data, "toolName")));
        break;
      case "tool.execution_complete":
        this.#tools.endTool(of, textIn(data, "toolCallId"), outcomeOfSuccess(data["success"]));
        break;
      case "assistant.message":
        this.#addMessage(data, tsMs);
        break;
      case "session.shutdown":
        this.#addTotals(objectIn(data, "modelMetrics") ?? {}, tsMs);
        break;
    }
  }

  get tools(): readonly ToolUse[] {
    return this.#tools.tools;
  }

  /** What the session used until each of its totals, and since the last. */
  get parts(): readonly Part[] {
    const open = [...this.#open].map(([model, output]) =>
      this.#part(model, { ...noTokens, output }, false, this.#beganMs ?? 0),
    );
    return [...this.#parts, ...open];
  }

  #addMessage(data: Found, tsMs: number): void {
    const [name, added] = [textIn(data, "model"), numberIn(data, "outputTokens")];
    // Without a model it could not be matched with the totals that will contain it.
    if (added === 0 || name === "") return;
    const model = publicModel(name);
    this.#open.set(model, (this.#open.get(model) ?? 0) + added);
    this.#beganMs ??= tsMs;
  }

  #addTotals(models: Found, tsMs: number): void {
    const sums = new Map<string, ModelResponse["tokens"]>();
    for (const name of Object.keys(models)) {
      const counts = objectIn(objectIn(models, name) ?? {}, "usage");
      if (counts === undefined) continue;
      const totals = totalsIn(counts);
      const before = this.#totals.get(name);
      this.#totals.set(name, totals);
      // Totals that fall started from zero.
      const isNew = before === undefined || kinds.some((kind) => totals[kind] < before[kind]);
      const added = (kind: keyof Totals) => (isNew ? totals[kind] : totals[kind] - before[kind]);
      const [input, output] = [added("input"), added("output")];
      if (input + output === 0) continue;
      const tokens = {
        ...noTokens,
        input,
        output,
        cacheRead: Math.min(added("read"), input),
        cacheWrite5m: Math.min(added("written"), input),
        reasoning: Math.min(added("reasoning"), output),
      };
      const model = publicModel(name);
      sums.set(model, sumOf(sums.get(model) ?? noTokens, tokens));
    }
    for (const [model, tokens] of sums) this.#parts.push(this.#part(model, tokens, true, tsMs));
    this.#open = new Map();
    this.#ended += 1;
    this.#beganMs = null;
  }

  #part(model: string, tokens: ModelResponse["tokens"], isExact: boolean, endMs: number): Part {
    const tsMs = this.#beganMs ?? endMs;
    const id = `part ${this.session} ${this.#ended} ${model}`;
    return { endMs, response: { agent, session: this.session, tsMs, isSubagent: false, id, model, tokens, isExact } };
  }
}

const outcomeOfSuccess = (success: unknown): ToolUse["outcome"] =>
  outcomeOf(typeof success === "boolean" ? !success : undefined);

const sumOf = (a: ModelResponse["tokens"], b: ModelResponse["tokens"]): ModelResponse["tokens"] => ({
  input: a.input + b.input,
  output: a.output + b.output,
  cacheRead: a.cacheRead + b.cacheRead,
  cacheWrite5m: a.cacheWrite5m + b.cacheWrite5m,
  cacheWrite1h: a.cacheWrite1h + b.cacheWrite1h,
  reasoning: a.reasoning + b.reasoning,
});

/** What a session used until one of its totals. */
interface Part {
  readonly response: ModelResponse;
  readonly endMs: number;
}

const totalsIn = (counts: Found): Totals => ({
  input: numberIn(counts, "inputTokens"),
  output: numberIn(counts, "outputTokens"),
  read: numberIn(counts, "cacheReadTokens"),
  written: numberIn(counts, "cacheWriteTokens"),
  reasoning: numberIn(counts, "reasoningTokens"),
});

/** The requests of the database, and the parts of sessions that it does not have. */
function withoutParts(requests: readonly ModelResponse[], parts: readonly Part[]): readonly ModelResponse[] {
  const first = new Map<string, ModelResponse>();
  for (const request of requests) {
    const known = first.get(request.session);
    if (known === undefined || request.tsMs < known.tsMs) first.set(request.session, request);
  }
  const isInDatabase = ({ response: { session }, endMs }: Part) =>
    endMs >= (first.get(session)?.tsMs ?? Number.POSITIVE_INFINITY);
  const aliasesOf = ({ session }: ModelResponse) =>
    parts.filter((part) => part.response.session === session && isInDatabase(part)).map(({ response }) => response.id);
  return [
    ...requests.map((request) =>
      first.get(request.session) === request ? { ...request, aliases: aliasesOf(request) } : request,
    ),
    ...parts.filter((part) => !isInDatabase(part)).map(({ response }) => response),
  ];
}

export const copilotCliReader: AgentReader = {
  agent,
  roots: (home, { COPILOT_HOME: chosen }) => foldersOf(chosen, join(home, ".copilot")),
  isEntered: (path) => /^(?:history-)?session-state(?:\/[^/]+)?$/.test(path),
  isWanted: (path) => /^session-store\.db$|^(?:history-)?session-state\/(?:[^/]+\/events|[^/]+)\.jsonl$/.test(path),
  readDatabase: readRequests,
  open: (readDatabase) => {
    const [requests, sessions] = [new MergedHistory(), [] as CopilotSession[]];
    let isUnread = false;
    return {
      read: ({ path, bytes }) => {
        if (path.endsWith(".db")) {
          isUnread = true;
          const found = readDatabase(path);
          isUnread = false;
          requests.add(found);
          return { bytes, skippedLines: found.faults };
        }
        const name = basename(path, ".jsonl");
        const session = new CopilotSession(name === "events" ? basename(dirname(path)) : name);
        const result = readLines(path, (line, start, end) => session.addLine(line, start, end));
        sessions.push(session);
        return { bytes: result.bytes, skippedLines: result.skipped + session.faults };
      },
      history: () => {
        const all = new MergedHistory();
        // What a database that could not be read may have is left to the next time.
        const parts = isUnread ? [] : sessions.flatMap((session) => session.parts);
        for (const history of sessions) all.add({ responses: [], tools: history.tools });
        for (const response of withoutParts(requests.responses, parts)) all.addResponse(response);
        return all;
      },
    };
  },
};
