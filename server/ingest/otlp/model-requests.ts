/** Model requests: tokens by kind, cost, duration, effort and outcome. */
import { categoryOfName, categoryOfStatus } from "../error-category.ts";
import type { HookEvent } from "../hooks/hook-events.ts";
import { type Attributes, durationOf, first, integerOf, type OtlpRecord, statusOf } from "./otlp-record.ts";
import type { OtlpAgent, RecordKind } from "./record-kind.ts";

/** What all events of a record share. */
export interface RecordContext {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly ts: number;
  readonly source: string;
  readonly agent: string;
  readonly session_id: string;
}

/** Returns the event of a request; none for a record without tokens, such as a part of a response. */
export function requestOf(
  context: RecordContext,
  agent: OtlpAgent,
  kind: RecordKind,
  record: OtlpRecord,
): readonly HookEvent[] {
  const { attributes, added = 0 } = record;
  const failure = kind === "failed_request" ? failureOf(attributes) : {};
  if (agent === "codex") {
    // Codex reports each part of a response, of which only the last has token counts, and each
    // attempt to send a request, of which only failures are counted.
    if (kind === "request" && attributes["event.kind"] !== "response.completed") return [];
    if (kind === "failed_request" && failure.error_category === undefined) return [];
  }
  if (record.signal === "traces" && attributes["gen_ai.operation.name"] === undefined) return [];
  const named = ["gen_ai.response.model", "gen_ai.request.model", "model"].flatMap((name) => attributes[name] ?? []);
  // The response may name a deployment, the request the model.
  const model = named.find((name) => name !== "other") ?? named[0];
  const measures = measuresOf(kind, agent, attributes, added);
  const durationMs = durationOf(record);
  const status =
    kind === "failed_request" ? "failed" : record.signal === "metrics" ? undefined : (statusOf(record) ?? "ok");
  if (kind !== "failed_request" && Object.keys(measures).length === 0) return [];
  return [
    {
      ...context,
      event_type: "model_request",
      ...(model === undefined ? {} : { model }),
      ...measures,
      ...selected(attributes),
      ...(durationMs === undefined ? {} : { duration_ms: durationMs }),
      ...(status === undefined ? {} : { status }),
      ...failure,
    },
  ];
}

/** What the user selected for the request. */
function selected({ effort, speed }: Attributes): Readonly<Record<string, string>> {
  return { ...(effort === undefined ? {} : { effort }), ...(speed === undefined ? {} : { speed }) };
}

function failureOf(attributes: Attributes): { readonly error_category?: string } {
  const status = integerOf(first(attributes, "status_code", "http.response.status_code"));
  const category = status === undefined ? undefined : categoryOfStatus(status);
  const name = first(attributes, "error_type", "error.type");
  const isFailed = attributes["success"] === "false";
  const found = category ?? (name === undefined ? (isFailed ? "network_error" : undefined) : categoryOfName(name));
  return found === undefined ? {} : { error_category: found };
}

/** Cached tokens are part of the input; Claude Code counts them separately, so both fields get them. */
const fieldsByTokenType: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    input: ["tokens_input"],
    output: ["tokens_output"],
    cacheRead: ["tokens_input", "tokens_cache_read"],
    cacheCreation: ["tokens_input", "tokens_cache_write_5m"],
    cache: ["tokens_cache_read"],
    thought: ["tokens_output", "tokens_reasoning"],
  }),
);

const fields = [
  ["tokens_input", "input_tokens", "input_token_count", "gen_ai.usage.input_tokens"],
  ["tokens_output", "output_tokens", "output_token_count", "gen_ai.usage.output_tokens"],
  [
    "tokens_cache_read",
    "cache_read_tokens",
    "cached_token_count",
    "cached_content_token_count",
    "gen_ai.usage.cache_read.input_tokens",
  ],
  // How long the cache lasts is not reported.
  ["tokens_cache_write_5m", "cache_creation_tokens", "gen_ai.usage.cache_creation.input_tokens"],
  ["tokens_reasoning", "reasoning_token_count", "thoughts_token_count", "gen_ai.usage.reasoning.output_tokens"],
] as const;

function measuresOf(
  kind: RecordKind,
  agent: OtlpAgent,
  attributes: Attributes,
  added: number,
): Readonly<Record<string, number>> {
  if (kind === "counted_cost") return microUsd(added);
  if (kind === "counted_tokens") {
    const names = fieldsByTokenType.get(attributes["type"] ?? "") ?? [];
    return Object.fromEntries(names.map((field) => [field, Math.round(added)]));
  }
  const counts: Record<string, number> = {};
  for (const [field, ...names] of fields) {
    const count = integerOf(first(attributes, ...names));
    if (count !== undefined) counts[field] = count;
  }
  return { ...counts, ...whole(agent, counts), ...microUsd(Number(attributes["cost_usd"] ?? Number.NaN)) };
}

/**
 * Returns input with the cache and output with the reasoning: Claude Code counts the cache beside the
 * input, Gemini CLI the thoughts beside the output; the others count them inside.
 */
function whole(agent: OtlpAgent, counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const { tokens_input: input, tokens_output: output } = counts;
  if (agent === "claude_code") {
    const cached = (counts["tokens_cache_read"] ?? 0) + (counts["tokens_cache_write_5m"] ?? 0);
    return input === undefined && cached === 0 ? {} : { tokens_input: (input ?? 0) + cached };
  }
  if (agent === "gemini_cli" && output !== undefined) {
    return { tokens_output: output + (counts["tokens_reasoning"] ?? 0) };
  }
  return {};
}

const microUsd = (usd: number) =>
  Number.isFinite(usd) && usd >= 0 ? { cost_microusd: Math.round(usd * 1_000_000) } : {};
