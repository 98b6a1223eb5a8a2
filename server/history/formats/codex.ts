/**
 * Codex's rollouts: one file per thread, with running totals of tokens. A forked thread begins with a copy of its parent's history,
 * which the parent has counted already; a subagent has the same marks and may have no copy. So copies are recognized by what they
 * contain. Format of versions 0.40 to 0.150.
 */
import { basename, join } from "node:path";
import { secondMs } from "../../../shared/schema/durations.ts";
import { canonicalTool, publicModel } from "../../privacy/public-names.ts";
import { type AgentReader, foldersOf } from "../agent-reader.ts";
import { numberIn, objectIn, textIn } from "../found.ts";
import { readCompressedLines, readLines } from "../lines.ts";
import { MergedHistory } from "../merged.ts";
import { type History, larger, type ModelResponse, noTokens, type ToolUse } from "../records.ts";
import { type Found, type Shape, scanLine } from "../scanner.ts";

const usageShape = {
  input_tokens: "number",
  cached_input_tokens: "number",
  output_tokens: "number",
  reasoning_output_tokens: "number",
} as const;

const shape: Shape = {
  timestamp: "text",
  type: "text",
  ordinal: "number",
  payload: {
    type: "text",
    // session_meta
    id: "text",
    forked_from_id: "text",
    parent_thread_id: "text",
    subagent_history_start_ordinal: "number",
    source: { subagent: { thread_spawn: { parent_thread_id: "text" } } },
    // turn_context
    model: "text",
    // event_msg
    started_at: "number",
    info: { model: "text", last_token_usage: usageShape, total_token_usage: usageShape },
    exit_code: "number",
    success: "boolean",
    // token_usage_record
    response_id: "text",
    usage: usageShape,
    // response_item
    name: "text",
    call_id: "text",
  },
};

/** Input, cached input, output and reasoning. */
type Vector = readonly [input: number, cached: number, output: number, reasoning: number];
const zero: Vector = [0, 0, 0, 0];

const vectorOf = (found: Found): Vector => [
  numberIn(found, "input_tokens"),
  numberIn(found, "cached_input_tokens"),
  numberIn(found, "output_tokens"),
  numberIn(found, "reasoning_output_tokens"),
];
const isSame = (a: Vector, b: Vector): boolean => a.every((value, at) => value === b[at]);
const isEmpty = (vector: Vector): boolean => isSame(vector, zero);

/** A count of tokens in the file. */
interface Count {
  readonly tsMs: number;
  readonly model: string;
  /** Of the thread until then. */
  readonly total: Vector | undefined;
  /** Of the last response. */
  readonly last: Vector | undefined;
  /** The turn that it is part of, counted in the file. */
  readonly turn: number;
  /** Whether its turn began before the file; `undefined` if the file does not say. */
  readonly isInherited: boolean | undefined;
}

/** What one file says. */
export class CodexThread {
  id = "";
  isSubagent = false;
  faults = 0;
  /** The threads whose history may be at its start. */
  readonly parents: string[] = [];
  readonly counts: Count[] = [];
  readonly #records = new Map<string, ModelResponse>();
  readonly #tools = new Map<string, ToolUse>();
  /** Turns with a record for each response. */
  readonly #recorded = new Set<number>();
  #startMs: number | undefined;
  #historyEnd = 0;
  #model = "";
  #turn = 0;
  #isInherited: boolean | undefined;

  /** `file`: names the thread if no line does. */
  constructor(file: string) {
    this.id = file;
  }

  /** When the file begins, in milliseconds since 1970. */
  get startMs(): number {
    return this.#startMs ?? 0;
  }

  get tools(): readonly ToolUse[] {
    return [...this.#tools.values()];
  }

  get records(): readonly ModelResponse[] {
    return [...this.#records.values()];
  }

  isRecorded(turn: number): boolean {
    return this.#recorded.has(turn);
  }

  addLine(bytes: Buffer, start: number, end: number): void {
    const line = scanLine(bytes, start, end, shape);
    if (line === undefined) {
      this.faults += 1;
      return;
    }
    const tsMs = Date.parse(textIn(line, "timestamp"));
    const payload = objectIn(line, "payload");
    if (payload === undefined || Number.isNaN(tsMs)) return;
    const isFirst = this.#startMs === undefined;
    this.#startMs ??= tsMs;
    if (line["type"] === "session_meta") {
      if (isFirst) this.#addStart(payload);
      return;
    }
    const ordinal = line["ordinal"];
    if (typeof ordinal === "number" && ordinal < this.#historyEnd) return;
    const kind = textIn(payload, "type");
    switch (line["type"]) {
      case "turn_context":
        this.#model = textIn(payload, "model") || this.#model;
        return;
      case "token_usage_record":
        this.#addRecord(payload, tsMs);
        return;
      case "response_item":
        this.#addItem(kind, payload, tsMs);
        return;
      case "event_msg":
        if (kind === "task_started") this.#beginTurn(payload);
        else if (kind === "token_count") this.#addCount(payload, tsMs);
        else this.#endTool(payload);
    }
  }

  #addStart(payload: Found): void {
    this.id = textIn(payload, "id") || this.id;
    const spawn = objectIn(objectIn(objectIn(payload, "source") ?? {}, "subagent") ?? {}, "thread_spawn") ?? {};
    this.isSubagent = objectIn(objectIn(payload, "source") ?? {}, "subagent") !== undefined;
    const named = [
      textIn(payload, "forked_from_id"),
      textIn(payload, "parent_thread_id"),
      textIn(spawn, "parent_thread_id"),
    ];
    this.parents.push(...new Set(named.filter((id) => id !== "" && id !== this.id)));
    this.#historyEnd = numberIn(payload, "subagent_history_start_ordinal");
  }

  #beginTurn(payload: Found): void {
    this.#turn += 1;
    const started = payload["started_at"];
    // In whole seconds.
    this.#isInherited = typeof started === "number" ? started < Math.floor(this.startMs / secondMs) : undefined;
  }

  #addCount(payload: Found, tsMs: number): void {
    const info = objectIn(payload, "info");
    if (info === undefined) return;
    const [total, last] = [objectIn(info, "total_token_usage"), objectIn(info, "last_token_usage")];
    if (total === undefined && last === undefined) return;
    this.counts.push({
      tsMs,
      model: textIn(info, "model") || this.#model,
      total: total && vectorOf(total),
      last: last && vectorOf(last),
      turn: this.#turn,
      isInherited: this.#isInherited,
    });
  }

  #addRecord(payload: Found, tsMs: number): void {
    const [id, usage] = [textIn(payload, "response_id"), objectIn(payload, "usage")];
    if (id === "" || usage === undefined) return;
    this.#recorded.add(this.#turn);
    if (this.#isInherited === true) return;
    const response = responseOf(this, id, tsMs, textIn(payload, "model") || this.#model, vectorOf(usage));
    const known = this.#records.get(id);
    this.#records.set(id, known === undefined ? response : larger(known, response));
  }

  #addItem(kind: string, payload: Found, tsMs: number): void {
    const id = textIn(payload, "call_id");
    if (id === "" || this.#isInherited === true) return;
    const known = this.#tools.get(id);
    if (kind.endsWith("_call") && known === undefined) {
      const name = textIn(payload, "name") || (kind === "local_shell_call" ? "local_shell" : "");
      const { id: session, isSubagent } = this;
      const tool = canonicalTool(name);
      this.#tools.set(id, { agent: "codex", session, id, tsMs, isSubagent, tool, elapsedMs: null, outcome: null });
    } else if (kind.endsWith("_call_output") && known?.elapsedMs === null)
      this.#tools.set(id, { ...known, elapsedMs: Math.max(0, tsMs - known.tsMs) });
  }

  /** Only structured fields say whether a tool failed. */
  #endTool(payload: Found): void {
    const known = this.#tools.get(textIn(payload, "call_id"));
    const { exit_code: code, success } = payload;
    const isOk = typeof code === "number" ? code === 0 : typeof success === "boolean" ? success : undefined;
    if (known !== undefined && isOk !== undefined)
      this.#tools.set(known.id, { ...known, outcome: isOk ? "ok" : "failed" });
  }
}

function responseOf(thread: CodexThread, id: string, tsMs: number, model: string, vector: Vector): ModelResponse {
  const [input, cached, output, reasoning] = vector;
  return {
    agent: "codex",
    session: thread.id,
    id,
    tsMs,
    isSubagent: thread.isSubagent,
    model: publicModel(model),
    tokens: { ...noTokens, input, cacheRead: Math.min(cached, input), output, reasoning: Math.min(reasoning, output) },
    isExact: true,
  };
}

/** A burst of so long after its start may be a copy. Milliseconds. */
const burstMs = secondMs;

/** Returns how many leading counts of a thread are copies of its parents'. */
function inheritedCounts(thread: CodexThread, threads: ReadonlyMap<string, CodexThread>): number {
  const { counts, parents, startMs } = thread;
  if (parents.length === 0) return 0;
  const byTurn = counts.findIndex(({ isInherited }) => isInherited !== true);
  const marked = byTurn === -1 ? counts.length : byTurn;
  const known = parents.flatMap((id) => threads.get(id) ?? []);
  const equal = Math.max(0, ...known.map((parent) => commonCounts(counts, parent.counts)));
  if (known.length > 0 || counts.some(({ isInherited }) => isInherited !== undefined)) return Math.max(marked, equal);
  // Neither the parent nor the turns say it: what was written at once is a copy.
  const end = counts.findIndex(({ tsMs }) => tsMs - startMs > burstMs);
  return end === -1 ? counts.length : end;
}

/** How many leading counts are the parent's. Either of the two may repeat a count. */
function commonCounts(own: readonly Count[], parent: readonly Count[]): number {
  let at = -1;
  for (const [n, count] of own.entries()) {
    if (isEqual(count, parent[at])) continue;
    let next = at + 1;
    while (at >= 0 && next < parent.length && isEqual(parent[next], parent[at])) next += 1;
    if (!isEqual(count, parent[next])) return n;
    at = next;
  }
  return own.length;
}

function isEqual(a: Count | undefined, b: Count | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  if (a.total !== undefined && b.total !== undefined) return isSame(a.total, b.total);
  return a.last !== undefined && b.last !== undefined && isSame(a.last, b.last);
}

function responsesOf(thread: CodexThread, threads: ReadonlyMap<string, CodexThread>): readonly ModelResponse[] {
  const inherited = inheritedCounts(thread, threads);
  const found: ModelResponse[] = [...thread.records];
  let before: Vector = zero;
  for (const [n, { tsMs, model, total, last, turn }] of thread.counts.entries()) {
    const added = addedBy(total, last, before);
    before = total ?? before;
    if (n < inherited || thread.isRecorded(turn) || isEmpty(added)) continue;
    found.push(responseOf(thread, `${thread.id} ${n}`, tsMs, model, added));
  }
  return found;
}

/** Returns what a count adds to the total before it, which is repeated when nothing was used, and begins again at times. */
function addedBy(total: Vector | undefined, last: Vector | undefined, before: Vector): Vector {
  if (total === undefined) return last ?? zero;
  if (isSame(total, before)) return zero;
  if (last !== undefined) return last;
  const isReset = total.some((value, at) => value < (before[at] ?? 0));
  const [input, cached, output, reasoning] = total;
  const [input0, cached0, output0, reasoning0] = isReset ? zero : before;
  return [input - input0, cached - cached0, output - output0, reasoning - reasoning0];
}

/** All threads of Codex together, because forks are compared with their parents. */
export class CodexHistory {
  readonly #threads = new Map<string, CodexThread>();

  /** Of two files of one thread, such as an archived one, the longer. */
  add(thread: CodexThread): void {
    const known = this.#threads.get(thread.id);
    if (
      known === undefined ||
      thread.counts.length + thread.records.length > known.counts.length + known.records.length
    )
      this.#threads.set(thread.id, thread);
  }

  /** Call it after all threads were added: a fork is compared with its parent. */
  merged(): History {
    const merged = new MergedHistory();
    for (const thread of this.#threads.values())
      merged.add({ responses: responsesOf(thread, this.#threads), tools: thread.tools });
    return merged;
  }
}

export const codexReader: AgentReader = {
  agent: "codex",
  roots: (home, { CODEX_HOME: chosen }) =>
    foldersOf(chosen, join(home, ".codex")).flatMap((one) => [join(one, "sessions"), join(one, "archived_sessions")]),
  isWanted: (path) => /(?:^|\/)rollout-[^/]*\.jsonl(?:\.zst)?$/.test(path),
  open: () => {
    const history = new CodexHistory();
    return {
      read: ({ path }) => {
        const thread = new CodexThread(basename(path).replace(/\.jsonl(?:\.zst)?$/, ""));
        const linesOf = path.endsWith(".zst") ? readCompressedLines : readLines;
        const { bytes, skipped } = linesOf(path, (line, start, end) => thread.addLine(line, start, end));
        history.add(thread);
        return { bytes, skippedLines: skipped + thread.faults };
      },
      history: () => history.merged(),
    };
  },
};
