/**
 * What agents tell by OpenTelemetry, as events: uses of tools, refusals, requests to models with their tokens. Shapes of 2026; of each agent only
 * what the tables below name is looked at.
 *
 * A use that a hook told too has the same id, and counts once. Where an agent gives its uses none, its hook is believed, and
 * OpenTelemetry only where there is no hook.
 */
import { type AgentName, sourcesOf } from "../../../shared/protocol/agents.ts";
import type { HookEvent } from "../hooks/hook-events.ts";
import type { AgentIds } from "../hooks/ids.ts";
import type { Attributes, OtlpRecord } from "./otlp-record.ts";

type Agent = "claude_code" | "codex" | "gemini_cli" | "vscode_agent" | "copilot_cli";

/** What a name is about. */
type RecordKind = "use" | "decision" | "request" | "failed_request" | "counted_tokens" | "counted_cost";

const named: ReadonlyMap<string, readonly [Agent, RecordKind]> = new Map(
  Object.entries({
    "claude_code.tool_result": ["claude_code", "use"],
    "claude_code.tool_decision": ["claude_code", "decision"],
    "claude_code.api_request": ["claude_code", "request"],
    "claude_code.api_error": ["claude_code", "failed_request"],
    "claude_code.token.usage": ["claude_code", "counted_tokens"],
    "claude_code.cost.usage": ["claude_code", "counted_cost"],
    "codex.tool_result": ["codex", "use"],
    "codex.tool_decision": ["codex", "decision"],
    "codex.sse_event": ["codex", "request"],
    "gemini_cli.tool_call": ["gemini_cli", "use"],
    "gemini_cli.api_response": ["gemini_cli", "request"],
    "gemini_cli.api_error": ["gemini_cli", "failed_request"],
    "gemini_cli.token.usage": ["gemini_cli", "counted_tokens"],
  } as const),
);

/** Copilot's spans, by the name of the program. */
const spans: ReadonlyMap<string, RecordKind> = new Map([
  ["execute_tool", "use"],
  ["chat", "request"],
]);

/** Agents whose uses have no id that hooks and OpenTelemetry share. */
const withoutIds: ReadonlySet<Agent> = new Set(["gemini_cli", "vscode_agent", "copilot_cli"]);

/** Counters come once a minute, records every five seconds: what is taken over from another process must not count twice. */
const recordsComeMs = 2 * 60_000;

export class OtlpConverter {
  readonly #connected: (agent: AgentName) => boolean;
  readonly #ids: AgentIds;
  /** Agents whose records or spans tell their tokens: their counters tell them a second time. */
  readonly #reportedByRecords = new Set<Agent>();
  /** When counters begin to be believed, in milliseconds since 1970. */
  readonly #countersFromMs: number;

  /** `connected`: whether an agent tells of its tools by its hooks. `nowMs`: counters wait from then on for whether records come. */
  constructor(connected: (agent: AgentName) => boolean, ids: AgentIds, nowMs: number) {
    this.#connected = connected;
    this.#ids = ids;
    this.#countersFromMs = nowMs + recordsComeMs;
  }

  /** Settings that cannot be read are those of nobody. */
  #isConnected(agent: AgentName): boolean {
    try {
      return this.#connected(agent);
    } catch {
      return false;
    }
  }

  /** The events of what was told; of most there is none. */
  eventsOf(tellings: readonly OtlpRecord[]): readonly HookEvent[] {
    const hooked = new Map<Agent, boolean>();
    return tellings.flatMap((telling) => {
      const [agent, about] = classify(telling) ?? [];
      if (agent === undefined || about === undefined || telling.tsMs === 0) return [];
      if (about === "use" || about === "decision") {
        if (withoutIds.has(agent)) {
          const isReported = hooked.get(agent) ?? this.#isConnected(nameOf(agent));
          hooked.set(agent, isReported);
          if (isReported) return [];
        }
        return about === "use" ? toolUseOf(this.#ids, agent, telling) : refusalOf(this.#ids, agent, telling);
      }
      if (telling.signal !== "metrics") this.#reportedByRecords.add(agent);
      else if (this.#reportedByRecords.has(agent) || telling.tsMs < this.#countersFromMs) return [];
      return requestOf(this.#ids, agent, about, telling);
    });
  }
}

function classify({ signal, name, attributes }: OtlpRecord): readonly [Agent, RecordKind] | undefined {
  const service = attributes["service.name"] ?? "";
  if (signal === "traces") {
    const about = spans.get(name);
    if (about === undefined || !/copilot/i.test(service)) return undefined;
    return [/cli/i.test(service) ? "copilot_cli" : "vscode_agent", about];
  }
  const event = attributes["event.name"] ?? "";
  return [name, event, `${service.replaceAll("-", "_")}.${event}`]
    .map((one) => named.get(one))
    .find((one) => one !== undefined);
}

const first = (attributes: Attributes, ...names: readonly string[]): string | undefined =>
  names.map((name) => attributes[name]).find((value) => value !== undefined);

const sessionOf = (attributes: Attributes) =>
  first(attributes, "session.id", "conversation.id", "gen_ai.conversation.id");

function commonOf(ids: AgentIds, agent: Agent, { attributes, tsMs }: OtlpRecord) {
  const session = sessionOf(attributes);
  // An agent that names no session has one a day.
  return { source: "otlp", agent, session_id: ids.session(agent, session ?? `${Math.floor(tsMs / 86_400_000)}`) };
}

const toolOf = (attributes: Attributes) => first(attributes, "tool_name", "function_name", "gen_ai.tool.name");
const idOfTool = (attributes: Attributes) => first(attributes, "tool_use_id", "call_id", "gen_ai.tool.call.id");

/** The id of what has none: of all that is known of it, so that a second sending of the same is one. */
const idOf = (ids: AgentIds, { name, tsMs, signal, added, span, attributes }: OtlpRecord, phase: string): string =>
  ids.uuid(7, JSON.stringify([name, tsMs, signal, added, span, attributes, phase]));

function toolUseOf(ids: AgentIds, agent: Agent, telling: OtlpRecord): readonly HookEvent[] {
  const { attributes, tsMs } = telling;
  const tool = toolOf(attributes);
  if (tool === undefined) return [];
  const use = idOfTool(attributes);
  const id = (phase: string) =>
    use === undefined ? idOf(ids, telling, phase) : ids.use(use, sessionOf(attributes) ?? "", phase);
  const common = { ...commonOf(ids, agent, telling), event_type: "agent_event", stream: "tool", tool_name: tool };
  const durationMs = durationOf(telling);
  const refused = isRefusal(attributes["decision"]);
  const status = refused ? "cancelled" : statusOf(telling);
  const end = {
    ...common,
    id: id("end"),
    ts: tsMs,
    tool_phase: "end",
    ...(status === undefined ? {} : { status }),
    ...(refused ? { error_category: "rejected" } : {}),
  };
  if (durationMs === undefined) return [end];
  const start = { ...common, id: id("start"), ts: Math.max(0, tsMs - durationMs), tool_phase: "start" };
  return [start, { ...end, duration_ms: durationMs }];
}

/** A use that was not let happen: hooks do not tell of it. */
function refusalOf(ids: AgentIds, agent: Agent, telling: OtlpRecord): readonly HookEvent[] {
  const { attributes, tsMs } = telling;
  const tool = toolOf(attributes);
  if (tool === undefined || !isRefusal(attributes["decision"])) return [];
  const use = idOfTool(attributes);
  return [
    {
      ...commonOf(ids, agent, telling),
      id: use === undefined ? idOf(ids, telling, "end") : ids.use(use, sessionOf(attributes) ?? "", "end"),
      ts: tsMs,
      event_type: "agent_event",
      stream: "tool",
      tool_name: tool,
      tool_phase: "end",
      status: "cancelled",
      error_category: "rejected",
    },
  ];
}

const isRefusal = (decision = "") => /^(?:reject|rejected|denied|deny|abort)$/.test(decision);

function statusOf({ attributes, failed }: OtlpRecord): string | undefined {
  if (attributes["success"] !== undefined) return attributes["success"] === "true" ? "ok" : "failed";
  if (failed === undefined) return undefined;
  return failed || attributes["error.type"] !== undefined ? "failed" : "ok";
}

function requestOf(ids: AgentIds, agent: Agent, about: RecordKind, telling: OtlpRecord): readonly HookEvent[] {
  const { attributes, tsMs, added = 0 } = telling;
  // Codex tells of every piece of an answer; its end has the numbers.
  if (agent === "codex" && attributes["event.kind"] !== "response.completed") return [];
  if (telling.signal === "traces" && attributes["gen_ai.operation.name"] === undefined) return [];
  const model = first(attributes, "gen_ai.response.model", "gen_ai.request.model", "model");
  const numbers = numbersOf(about, attributes, added);
  const durationMs = durationOf(telling);
  const status =
    about === "failed_request" ? "failed" : telling.signal === "metrics" ? undefined : (statusOf(telling) ?? "ok");
  if (about !== "failed_request" && Object.keys(numbers).length === 0) return [];
  return [
    {
      ...commonOf(ids, agent, telling),
      id: idOf(ids, telling, "request"),
      ts: tsMs,
      event_type: "model_request",
      ...(model === undefined ? {} : { model }),
      ...numbers,
      ...(durationMs === undefined ? {} : { duration_ms: durationMs }),
      ...(status === undefined ? {} : { status }),
    },
  ];
}

/** Cached tokens are a part of the input here; Claude Code counts them apart. */
const kindsOfToken: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    input: ["tokens_input"],
    output: ["tokens_output"],
    cacheRead: ["tokens_input", "tokens_cached"],
    cacheCreation: ["tokens_input"],
    cache: ["tokens_cached"],
  }),
);

function numbersOf(about: RecordKind, attributes: Attributes, added: number): Readonly<Record<string, number>> {
  if (about === "counted_cost") return microUsd(added);
  if (about === "counted_tokens") {
    const kinds = kindsOfToken.get(attributes["type"] ?? "") ?? [];
    return Object.fromEntries(kinds.map((field) => [field, Math.round(added)]));
  }
  const fields = [
    ["tokens_input", "input_tokens", "input_token_count", "gen_ai.usage.input_tokens"],
    ["tokens_output", "output_tokens", "output_token_count", "gen_ai.usage.output_tokens"],
    [
      "tokens_cached",
      "cache_read_tokens",
      "cached_token_count",
      "cached_content_token_count",
      "gen_ai.usage.cache_read.input_tokens",
    ],
  ] as const;
  const tokens = fields.flatMap(([field, ...names]) => {
    const count = wholeOf(first(attributes, ...names));
    return count === undefined ? [] : [[field, count] as const];
  });
  const apart = ["cache_read_tokens", "cache_creation_tokens"].reduce(
    (sum, name) => sum + (wholeOf(attributes[name]) ?? 0),
    0,
  );
  const numbers: Readonly<Record<string, number>> = Object.fromEntries(tokens);
  const input = numbers["tokens_input"];
  return {
    ...numbers,
    ...(input === undefined ? {} : { tokens_input: input + apart }),
    ...microUsd(Number(attributes["cost_usd"] ?? Number.NaN)),
  };
}

const microUsd = (usd: number) =>
  Number.isFinite(usd) && usd >= 0 ? { cost_microusd: Math.round(usd * 1_000_000) } : {};

function wholeOf(text: string | undefined): number | undefined {
  const value = Number(text);
  return text !== undefined && Number.isFinite(value) && value >= 0 ? Math.round(value) : undefined;
}

const durationOf = ({ attributes, durationMs }: OtlpRecord): number | undefined =>
  wholeOf(attributes["duration_ms"]) ?? (durationMs === undefined ? undefined : Math.round(durationMs));

const nameOf = (agent: Agent): AgentName =>
  (Object.keys(sourcesOf) as AgentName[]).find((name) => sourcesOf[name].some((source) => source === agent)) ??
  "copilot";
