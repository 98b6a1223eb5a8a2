/**
 * OTLP records: name and time of a log record, span or counter, and the allowed attributes.
 * Everything else is skipped during decoding and never stored in memory.
 */

import { publicModel } from "../../privacy/public-names.ts";
import { classify } from "./record-kind.ts";

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
  "copilot_chat.chat_session_id",
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
  "error_type",
  "status_code",
  "http.response.status_code",
  "effort",
  "speed",
  "query_source",
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
  "reasoning_token_count",
  "thoughts_token_count",
  "gen_ai.usage.input_tokens",
  "gen_ai.usage.output_tokens",
  "gen_ai.usage.cache_read.input_tokens",
  "gen_ai.usage.cache_creation.input_tokens",
  "gen_ai.usage.reasoning.output_tokens",
]);

/** Allowed values: short, without spaces. */
const plain = /^[A-Za-z0-9_.-]{1,64}$/;
/** Names of tools, also those of MCP servers. */
const toolName = /^[A-Za-z0-9_.:/-]{1,128}$/;
const toolAttributes: ReadonlySet<string> = new Set([
  "tool_name",
  "function_name",
  "gen_ai.tool.name",
  "error_type",
  "error.type",
  "query_source",
]);
const modelAttributes: ReadonlySet<string> = new Set(["model", "gen_ai.request.model", "gen_ai.response.model"]);

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
  /** How many equal records are before it in the batch; absent: none. */
  readonly nth?: number;
  readonly attributes: Attributes;
}

/** The body is invalid. */
export class MalformedError extends Error {
  override readonly name = "MalformedError";
}

/** Receives decoded records. */
export interface RecordSink {
  add(record: OtlpRecord): void;
}

/** Collects the records of a resource whose own attributes are not read yet. */
export class NamedRecords implements RecordSink {
  readonly all: OtlpRecord[] = [];

  add(record: OtlpRecord): void {
    // A record without any name cannot be classified.
    if (record.name !== "" || record.attributes["event.name"] !== undefined) this.all.push(record);
  }
}

/** Collects the records of a batch that are used: a body of megabytes may contain a million others. */
export class OtlpRecords implements RecordSink {
  readonly all: OtlpRecord[] = [];

  add(record: OtlpRecord): void {
    if (classify(record) !== undefined) this.all.push(record);
  }
}

/** Returns the value of an allowed attribute, or `undefined`. */
export function allowedValue(name: unknown, value: unknown): string | undefined {
  if (typeof name !== "string" || !allowedAttributes.has(name)) return undefined;
  const text = typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? `${value}` : "";
  // A model's name may contain anything: `us.anthropic.claude-…-v1:0`, `claude-…@20251101`, `…[1m]`.
  if (modelAttributes.has(name)) return text === "" ? undefined : publicModel(text);
  return (toolAttributes.has(name) ? toolName : plain).test(text) ? text : undefined;
}

/** Returns an allowed name, or "". Copilot's span names have a suffix, which is removed. */
export function allowedName(name: unknown): string {
  if (typeof name !== "string") return "";
  return plain.test(name) ? name : (/^(?:execute_tool|chat)(?= )/.exec(name)?.[0] ?? "");
}

/** Returns the value of the first attribute that a record has. */
export const first = (attributes: Attributes, ...names: readonly string[]): string | undefined =>
  names.map((name) => attributes[name]).find((value) => value !== undefined);

/** Returns a whole number that is not negative; `undefined` for everything else. */
export function integerOf(text: string | undefined): number | undefined {
  const value = Number(text);
  return text !== undefined && Number.isFinite(value) && value >= 0 ? Math.round(value) : undefined;
}

/** Returns the duration in milliseconds. */
export const durationOf = ({ attributes, durationMs }: OtlpRecord): number | undefined =>
  integerOf(attributes["duration_ms"]) ?? (durationMs === undefined ? undefined : Math.round(durationMs));

/** Returns whether what a record reports succeeded. */
export function statusOf({ attributes, failed }: OtlpRecord): string | undefined {
  if (attributes["success"] !== undefined) return attributes["success"] === "true" ? "ok" : "failed";
  if (failed === undefined) return undefined;
  return failed || attributes["error.type"] !== undefined ? "failed" : "ok";
}
