/**
 * The firewall's second layer, vocabulary: converts raw inputs and aliases to vocabulary values.
 * Strings outside a vocabulary become `other`, `custom` or `unknown`; user-defined names become
 * salted hashes. Other types of values are left for the field type check.
 */
import { type EventTypeName, fieldsOf, perEventType } from "../../shared/schema/events.ts";
import { type FieldName, fieldTable, type OutcomeStatus } from "../../shared/schema/fields.ts";
import { contextSizeOf } from "../../shared/vocabulary/agent-reports.ts";
import { mcpServerOf } from "../../shared/vocabulary/mcp-servers.ts";
import { thinktools } from "../../shared/vocabulary/thinktools.ts";
import { mcpTool } from "../../shared/vocabulary/tools.ts";
import { type LineCommand, lineCommand, wordsCommand } from "./command/line-command.ts";
import { exitClass, statusOf } from "./exit-class.ts";
import type { NameKind } from "./identity.ts";
import type { Alias, KnownFields } from "./parse-event.ts";
import { architecture, other, system } from "./platform.ts";
import { canonicalTool, isUserDefined, publicModel } from "./public-names.ts";
import { namedCommand } from "./vocabulary.ts";

/** The derivations that each event type needs. */
const typeTraits = perEventType((type) => {
  const fields = new Set(fieldsOf(type));
  return {
    command: fields.has("command_path"),
    tool: fields.has("tool_name"),
    thinktool: fields.has("thinktool"),
    chain: fields.has("thinktool_chain"),
    status: fields.has("status"),
    platform: fields.has("os"),
    model: fields.has("model"),
    milestone: fields.has("milestone"),
    contextSize: fields.has("context_size"),
    hashes: fields.has("workspace_hash"),
  };
});

/** Values for everything outside a vocabulary; each vocabulary has at most one. */
const catchAlls = ["other", "custom", "unknown"];

/** Returns the field's value for everything outside its vocabulary, if it has one. */
export function catchAllOf(name: FieldName): string | undefined {
  const { type } = fieldTable[name];
  // An outcome is never guessed.
  if (type.type !== "enum" || name === "status" || name === "exit_class") return undefined;
  return catchAlls.find((value) => type.values.includes(value));
}

/** The vocabularies with a catch-all value, by event type. */
const openLists = perEventType((type) =>
  fieldsOf(type).flatMap((name) => {
    const { type } = fieldTable[name];
    const catchAll = catchAllOf(name);
    return type.type === "enum" && catchAll !== undefined ? [{ name, values: new Set(type.values), catchAll }] : [];
  }),
);

const knownThinktools: ReadonlySet<unknown> = new Set(thinktools);

/** Hashes names; returns `undefined` without consent to the field's category. */
export interface Hashing {
  readonly hashOf: (field: FieldName, kind: NameKind, name: string) => string | undefined;
}

/** Returns the event type of an alias. */
export function resolve(type: EventTypeName | Alias, known: KnownFields): EventTypeName {
  if (type === "thinktool_executed") return "thinktool_completed";
  if (type !== "command_executed") return type;
  const { success, status, exit_code: code, error_category: category } = known;
  const exit = typeof code === "number" ? statusOf(exitClass(code)) : undefined;
  if (status === "cancelled" || category === "cancelled" || (success === undefined && exit === "cancelled")) {
    return "command_cancelled";
  }
  if (typeof success === "boolean") return success ? "command_finished" : "command_failed";
  const failed = status === "failed" || (status !== "ok" && (exit === "failed" || typeof category === "string"));
  return failed ? "command_failed" : "command_finished";
}

/** Converts `known` to fields in place. */
export function normalize(type: EventTypeName, known: KnownFields, hashing: Hashing): void {
  const { command, tool, thinktool, chain, status, platform, model, milestone, contextSize, hashes } = typeTraits[type];
  if (command) deriveCommand(known);
  if (tool) deriveTool(known, hashing);
  if (thinktool && known["thinktool"] === undefined) known["thinktool"] = known["tool_name"];
  if (chain) deriveChain(known);
  if (status) deriveOutcome(type, known);
  if (platform) derivePlatform(known);
  if (milestone && typeof known["milestone"] === "number") known["milestone"] = String(known["milestone"]);
  if (model && typeof known["model"] === "string") known["model"] = publicModel(known["model"]);
  if (contextSize) deriveTokens(known);
  if (hashes) {
    deriveHash(known, "workspace", hashing);
    deriveHash(known, "task", hashing);
    deriveHash(known, "caller", hashing);
  }
  for (const { name, values, catchAll } of openLists[type]) {
    const value = known[name];
    if (typeof value === "string" && !values.has(value)) known[name] = catchAll;
  }
}

function deriveChain(known: KnownFields): void {
  const chain = known["thinktool_chain"];
  if (Array.isArray(chain))
    known["thinktool_chain"] = chain.map((name) => (knownThinktools.has(name) ? name : "other"));
}

function deriveCommand(known: KnownFields): void {
  const { command_line: line, command_words: words, command, subcommand, command_path: path } = known;
  const named = typeof path === "string" ? path : command;
  if (isWords(words)) setLineCommand(known, wordsCommand(words));
  else if (typeof line === "string") setLineCommand(known, lineCommand(line));
  else if (typeof named === "string") {
    known["command_path"] = namedCommand(typeof subcommand === "string" ? `${named} ${subcommand}` : named);
  }
}

const isWords = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((word) => typeof word === "string");

function setLineCommand(known: KnownFields, { path, chain, count, outcomeOf }: LineCommand): void {
  known["command_path"] = path ?? other;
  known["chain"] = chain;
  known["command_count"] = count;
  // A start has no outcome.
  known["outcome_of"] = known["tool_phase"] === "end" ? outcomeOf : undefined;
}

function deriveTool(known: KnownFields, hashing: Hashing): void {
  const name = known["tool_name"];
  if (typeof name !== "string") return;
  const canonical = canonicalTool(name);
  known["tool_name"] = canonical;
  const server = canonical === mcpTool ? mcpServerOf(name) : undefined;
  known["mcp_server"] = server;
  // A hook reports only the server.
  const isWhole = name !== canonical && name !== `mcp__${server}`;
  if (isUserDefined(canonical) && name !== "" && isWhole) {
    known["tool_hash"] = hashing.hashOf("tool_hash", "tool", name);
  }
}

export const statusOfType: Readonly<Partial<Record<EventTypeName, OutcomeStatus>>> = {
  command_finished: "ok",
  command_failed: "failed",
  command_cancelled: "cancelled",
};

const outcomeFields = ["status", "exit_class", "error_category", "duration_ms"] as const;

/** Derives the outcome from the event type, the reported status, or the exit code. */
function deriveOutcome(type: EventTypeName, known: KnownFields): void {
  const { exit_code: code, success, tool_phase, phase, command_path: path, outcome_of: outcomeOf } = known;
  const line = known["command_line"] ?? known["command_words"];
  const isEnd = tool_phase === "end" || phase === "end" || (tool_phase === undefined && phase === undefined);
  if (!isEnd) {
    for (const name of outcomeFields) if (known[name] !== undefined) known[name] = undefined;
    return;
  }
  const hasCode = typeof code === "number" && Number.isSafeInteger(code);
  const isCommands = typeof path === "string" && outcomeOf === "command";
  const byCode = exitClass(hasCode ? code : undefined, isCommands ? path : undefined);
  if (hasCode) known["exit_class"] = byCode;
  else if (line !== undefined) known["exit_class"] ??= byCode;
  if (typeof success === "boolean") known["status"] ??= success ? "ok" : "failed";
  if (hasCode || line !== undefined || type === "editor_task") known["status"] ??= statusOf(byCode);
  known["status"] = statusOfType[type] ?? known["status"];
  if (type === "agent_event" && known["status"] === "failed") {
    known["error_category"] ??= categoriesByExit[String(known["exit_class"])];
  }
}

/** Why a command failed, as far as its exit status shows it. */
const categoriesByExit: Readonly<Record<string, string>> = {
  failure: "command_failed",
  killed: "command_failed",
  not_found: "command_not_found",
  not_executable: "permission_denied",
};

/** The tokens of a model request that were read from the cache had another name before. */
function deriveTokens(known: KnownFields): void {
  const { tokens_input: input, tokens_cached: cached } = known;
  if (typeof cached === "number") {
    known["tokens_cache_read"] ??= cached;
    known["tokens_cached"] = undefined;
  }
  // A counter's increase, which has no outcome, is the sum of many requests.
  const isRequest = known["status"] !== undefined || known["duration_ms"] !== undefined;
  known["context_size"] = typeof input === "number" && isRequest ? contextSizeOf(input) : undefined;
}

function derivePlatform(known: KnownFields): void {
  if (typeof known["os"] === "string") known["os"] = system(known["os"]);
  if (typeof known["arch"] === "string") known["arch"] = architecture(known["arch"]);
}

const hashFields = { workspace: "workspace_hash", task: "task_hash", caller: "caller_hash" } as const satisfies Partial<
  Record<NameKind, FieldName>
>;

function deriveHash(known: KnownFields, kind: keyof typeof hashFields, { hashOf }: Hashing): void {
  const name = known[kind];
  const field = hashFields[kind];
  if (typeof name === "string" && name !== "") known[field] = hashOf(field, kind, name);
}
