/**
 * What OpenTelemetry told, cut down: the name of a log record, span or counter, its time, and the few attributes that are on the
 * list. Everything else is passed over while it is read, and never becomes a value of ours.
 */

/** Attributes whose values are kept, of records and of the program that sent them. All that is said with them is a short word or a number. */
export const allowedAttributes: ReadonlySet<string> = new Set([
  "event.name",
  "event.kind",
  "event.sequence",
  "service.name",
  "request_id",
  "session.id",
  "conversation.id",
  "gen_ai.conversation.id",
  "prompt_id",
  "tool_name",
  "function_name",
  "gen_ai.tool.name",
  "tool_use_id",
  "call_id",
  "gen_ai.tool.call.id",
  "success",
  "decision",
  "duration_ms",
  "error.type",
  "gen_ai.operation.name",
  "model",
  "gen_ai.request.model",
  "gen_ai.response.model",
  "type",
  "cost_usd",
  "input_tokens",
  "output_tokens",
  "cache_read_tokens",
  "cache_creation_tokens",
  "input_token_count",
  "output_token_count",
  "cached_token_count",
  "cached_content_token_count",
  "gen_ai.usage.input_tokens",
  "gen_ai.usage.output_tokens",
  "gen_ai.usage.cache_read.input_tokens",
]);

/** A word that may be kept: short and plain, as a hook's. */
const plain = /^[A-Za-z0-9_.-]{1,64}$/;

export type Attributes = Readonly<Record<string, string>>;

export const signals = ["logs", "traces", "metrics"] as const;
export type Signal = (typeof signals)[number];

export interface OtlpRecord {
  readonly signal: Signal;
  /** Of an event, a span or a counter. */
  readonly name: string;
  /** When it ended; milliseconds since 1970. */
  readonly tsMs: number;
  /** Of a span: how long it took, in milliseconds. */
  readonly durationMs?: number;
  /** Of a span: whether it ended with an error. */
  readonly failed?: boolean;
  /** Of a span: its id, in hex. */
  readonly span?: string;
  /** Of a counter: what was added since the telling before. */
  readonly added?: number;
  readonly attributes: Attributes;
}

/** The body is not what it says it is. */
export class MalformedError extends Error {
  override readonly name = "MalformedError";
}

/** A batch with more has no sense, and costs. */
export const maxRecords = 10_000;

/** Collects what a batch tells. @throws MalformedError of one that tells too much. */
export class OtlpRecords {
  readonly all: OtlpRecord[] = [];

  add(telling: OtlpRecord): void {
    // Without a name and a name of an event nobody is meant.
    if (telling.name === "" && telling.attributes["event.name"] === undefined) return;
    this.all.push(telling);
    if (this.all.length > maxRecords) throw new MalformedError("too much");
  }
}

/** The value of an attribute as it is kept; `undefined` of one that is not. */
export function allowedValue(name: unknown, value: unknown): string | undefined {
  if (typeof name !== "string" || !allowedAttributes.has(name)) return undefined;
  const text = typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? `${value}` : "";
  return plain.test(text) ? text : undefined;
}

/** Names are those of programs: one that is not plain is none of ours. */
export function allowedName(name: unknown): string {
  if (typeof name !== "string") return "";
  return plain.test(name) ? name : (/^(?:execute_tool|chat)(?= )/.exec(name)?.[0] ?? "");
}
