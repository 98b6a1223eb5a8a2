/**
 * OTLP records: name and time of a log record, span or counter, and the allowed attributes.
 * Everything else is skipped during decoding and never stored in memory.
 */

/** Allowed attributes of records and resources. Their values are short identifiers or numbers. */
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

/** Allowed values: short, without spaces. */
const plain = /^[A-Za-z0-9_.-]{1,64}$/;

export type Attributes = Readonly<Record<string, string>>;

export const signals = ["logs", "traces", "metrics"] as const;
export type Signal = (typeof signals)[number];

export interface OtlpRecord {
  readonly signal: Signal;
  /** Name of the event, span or counter. */
  readonly name: string;
  /** End time in milliseconds since 1970. */
  readonly tsMs: number;
  /** Span only: duration in milliseconds. */
  readonly durationMs?: number;
  /** Span only: whether it ended with an error. */
  readonly failed?: boolean;
  /** Span only: its ID in hex. */
  readonly span?: string;
  /** Counter only: increase since the previous record. */
  readonly added?: number;
  readonly attributes: Attributes;
}

/** The body is invalid, or has too many records. */
export class MalformedError extends Error {
  override readonly name = "MalformedError";
}

/** Maximum per batch; protects against small bodies that expand to millions of records. */
export const maxRecords = 10_000;

/** Collects the records of a batch. */
export class OtlpRecords {
  readonly all: OtlpRecord[] = [];

  /** Adds a record. @throws MalformedError above `maxRecords`. */
  add(record: OtlpRecord): void {
    // A record without any name cannot be classified.
    if (record.name === "" && record.attributes["event.name"] === undefined) return;
    this.all.push(record);
    if (this.all.length > maxRecords) throw new MalformedError("too many records");
  }
}

/** Returns the value of an allowed attribute, or `undefined`. */
export function allowedValue(name: unknown, value: unknown): string | undefined {
  if (typeof name !== "string" || !allowedAttributes.has(name)) return undefined;
  const text = typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? `${value}` : "";
  return plain.test(text) ? text : undefined;
}

/** Returns an allowed name, or "". Copilot's span names have a suffix, which is removed. */
export function allowedName(name: unknown): string {
  if (typeof name !== "string") return "";
  return plain.test(name) ? name : (/^(?:execute_tool|chat)(?= )/.exec(name)?.[0] ?? "");
}
