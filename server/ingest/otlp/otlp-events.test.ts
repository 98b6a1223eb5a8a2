/**
 * OTLP records of agents in both encodings: the resulting events, and that nothing else is kept.
 */
import fc from "fast-check";
import Pbf from "pbf";
import { describe, expect, it } from "vitest";
import { newAgentIds } from "../../../test/fixtures/agent-ids.ts";
import { canary } from "../../../test/fixtures/hook-payloads.ts";
import { endMs, otlpPayloads } from "../../../test/fixtures/otlp-payloads.ts";
import { hookEvents } from "../hooks/hook-events.ts";
import { filterPayload } from "../hooks/payload-filter.ts";
import { decodeJson } from "./decode-json.ts";
import { decodeProtobuf } from "./decode-protobuf.ts";
import { OtlpConverter } from "./otlp-events.ts";
import { MalformedError, type OtlpRecord, type Signal, signals } from "./otlp-record.ts";

const ids = newAgentIds();
const inJson = (signal: Signal, request: object) => decodeJson(signal, Buffer.from(JSON.stringify(request)));
const inProtobuf = (signal: Signal, request: object) => decodeProtobuf(signal, protobufOf(request));
const eventsOf = (records: readonly OtlpRecord[]) => new OtlpConverter(() => false, ids, 0).eventsOf(records);

/** Protobuf field numbers and types of OTLP messages, by JSON key. */
const numbers: Readonly<
  Record<string, readonly [number, "message" | "text" | "fixed" | "varint" | "double" | "bytes"]>
> = {
  resourceLogs: [1, "message"],
  resourceSpans: [1, "message"],
  resourceMetrics: [1, "message"],
  resource: [1, "message"],
  scopeLogs: [2, "message"],
  scopeSpans: [2, "message"],
  scopeMetrics: [2, "message"],
  scope: [1, "message"],
  logRecords: [2, "message"],
  spans: [2, "message"],
  metrics: [2, "message"],
  severityText: [3, "text"],
  body: [5, "message"],
  sum: [7, "message"],
  dataPoints: [1, "message"],
  aggregationTemporality: [2, "varint"],
  asDouble: [4, "double"],
  traceId: [1, "bytes"],
  spanId: [2, "bytes"],
  kind: [6, "varint"],
  startTimeUnixNano: [7, "fixed"],
  endTimeUnixNano: [8, "fixed"],
  status: [15, "message"],
  message: [2, "text"],
  code: [3, "varint"],
  description: [2, "text"],
  key: [1, "text"],
  value: [2, "message"],
  stringValue: [1, "text"],
  boolValue: [2, "varint"],
  intValue: [3, "varint"],
  doubleValue: [4, "double"],
};

/** Returns number and type of a field. Some keys have different numbers in different messages. */
function numberOf(name: string, parent: string): readonly [number, string] {
  if (name === "attributes") return [{ logRecords: 6, spans: 9, dataPoints: 7 }[parent] ?? 1, "message"];
  if (name === "timeUnixNano") return [parent === "logRecords" ? 1 : 3, "fixed"];
  if (name === "name") return [parent === "spans" ? 5 : 1, "text"];
  const known = numbers[name];
  if (known === undefined) throw new Error(`no field number for ${name}`);
  return known;
}

function protobufOf(request: object, parent = ""): Buffer {
  const pbf = new Pbf();
  for (const [name, value] of Object.entries(request)) {
    const [number, type] = numberOf(name, parent);
    for (const item of Array.isArray(value) ? value : [value]) {
      if (type === "message") pbf.writeBytesField(number, protobufOf(item, name));
      else if (type === "text") pbf.writeStringField(number, item);
      else if (type === "bytes") pbf.writeBytesField(number, Buffer.from(item, "hex"));
      else if (type === "fixed") pbf.writeFixed64Field(number, Number(item));
      else if (type === "double") pbf.writeDoubleField(number, item);
      else pbf.writeVarintField(number, Number(item));
    }
  }
  return Buffer.from(pbf.finish());
}

describe("OTLP conversion", () => {
  it.each(otlpPayloads)("returns the events of $name", ({ signal, request, events }) => {
    const records = inJson(signal, request);
    expect(JSON.stringify(records)).not.toContain(canary);
    const found = eventsOf(records);
    expect(found).toMatchObject(events);
    expect(found).toHaveLength(events.length);
    for (const { ts } of found) expect(Number(ts)).toBeLessThanOrEqual(endMs);
  });

  it.each(otlpPayloads)("decodes the same records from protobuf: $name", ({ signal, request }) => {
    expect(inProtobuf(signal, request)).toEqual(inJson(signal, request));
  });

  it("uses the same IDs and session for a tool call that a hook also reports", () => {
    const [payload] = otlpPayloads;
    const events = eventsOf(inJson("logs", payload?.request ?? {}));
    const hook = hookEvents(
      filterPayload({
        hook_event_name: "PostToolUseFailure",
        permission_mode: "default",
        session_id: "5a1c7c1e-0d0b-4f7e-9a53-3c1a4a6f1d11",
        tool_name: "Bash",
        tool_use_id: "toolu_01ABC123",
        duration_ms: 750,
        error: "x",
      }),
      endMs,
      ids,
    );
    const identity = ({ id, session_id }: Readonly<Record<string, unknown>>) => ({ id, session_id });
    expect(events.map(identity)).toEqual(hook.map(identity));
  });

  it("uses the same IDs for a repeated export", () => {
    for (const { signal, request } of otlpPayloads) {
      expect(eventsOf(inJson(signal, request))).toEqual(eventsOf(inProtobuf(signal, request)));
    }
  });

  it("counts equal records of one batch, which differ in what is not read, and not those of a repeated batch", () => {
    const [commit] = otlpPayloads.filter(({ name }) => name === "Claude Code: a commit");
    if (commit === undefined) throw new Error("no such payload");
    const [record] = decodeJson("metrics", Buffer.from(JSON.stringify(commit.request)));
    if (record === undefined) throw new Error("no record");
    const [first, second] = [0, 1].map(() => eventsOf([record, record, record]).map(({ id }) => id));
    expect(new Set(first).size).toBe(3);
    expect(second).toEqual(first);
  });

  it("ignores calls without IDs if the agent's hook is connected", () => {
    const input = new OtlpConverter((agent) => agent === "gemini_cli" || agent === "copilot", ids, 0);
    const events = otlpPayloads.flatMap(({ signal, request }) => [...input.eventsOf(inJson(signal, request))]);
    const agents = events.filter(({ event_type: type }) => type === "agent_event").map(({ agent }) => agent);
    expect([...new Set(agents)].sort()).toEqual(["claude_code", "codex"]);
  });

  it("counts tokens from records, and from counters only if no records arrive", () => {
    const of = (name: string) => otlpPayloads.find((payload) => payload.name.startsWith(name));
    const [request, counter] = [of("Claude Code: api_request"), of("Claude Code: token.usage")];
    const counting = (sinceMs: number) => {
      const input = new OtlpConverter(() => false, ids, sinceMs);
      return (payload = request) => input.eventsOf(inJson(payload?.signal ?? "logs", payload?.request ?? {})).length;
    };
    const late = counting(0);
    expect([late(counter), late(request), late(counter), late(request)]).toEqual([1, 1, 0, 1]);
    // A process that has just taken over waits for records first.
    expect(counting(endMs - 60_000)(counter)).toBe(0);
  });

  it("distinguishes calls that end in the same millisecond, also with unreadable agent settings", () => {
    const span = otlpPayloads.find(({ name }) => name.startsWith("VS Code's Copilot: execute"));
    const text = JSON.stringify(span?.request).replaceAll("gen_ai.tool.call.id", "other");
    const events = [text, text.replaceAll("eee19b7ec3c1b174", "eee19b7ec3c1b175")].flatMap((request) =>
      eventsOf(inJson("traces", JSON.parse(request))).map(({ id }) => id),
    );
    expect(new Set(events).size).toBe(4);
    const unreadable = new OtlpConverter(
      () => {
        throw new Error("invalid JSON");
      },
      ids,
      0,
    );
    expect(unreadable.eventsOf(inJson("traces", span?.request ?? {}))).toHaveLength(2);
  });

  it("ignores names of built-in object properties", () => {
    for (const name of ["constructor", "__proto__", "toString", "valueOf", "hasOwnProperty"]) {
      const record = {
        timeUnixNano: "1785585601000000000",
        body: { stringValue: name },
        attributes: [{ key: { toString: 1 } }],
      };
      const request = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ ...record, eventName: { toString: 1 } }] }] }] };
      expect(eventsOf(inJson("logs", request))).toEqual([]);
      expect(
        hookEvents(filterPayload({ hook_event_name: name, tool_name: "Bash", session_id: "s" }), endMs, ids),
      ).toEqual([]);
    }
  });

  it("keeps only the records that are used, however many others a body has", () => {
    const empty = Buffer.alloc(2_000_000).fill(Buffer.from([0x12, 0x00]));
    const scope = new Pbf();
    scope.writeBytesField(2, empty);
    const resource = new Pbf();
    resource.writeBytesField(1, Buffer.from(scope.finish()));
    expect(decodeProtobuf("logs", Buffer.from(resource.finish()))).toEqual([]);
    const [payload] = otlpPayloads;
    const request = JSON.parse(JSON.stringify(payload?.request));
    const [record] = request.resourceLogs[0].scopeLogs[0].logRecords;
    const other = { ...record, body: { stringValue: "claude_code.user_prompt" }, eventName: undefined, attributes: [] };
    request.resourceLogs[0].scopeLogs[0].logRecords = Array.from({ length: 30_000 }, (_, n) =>
      n % 2 === 0 ? record : other,
    );
    expect(inJson("logs", request)).toHaveLength(15_000);
  });

  const attributesOf = (values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));
  const logOf = (service: string, attributes: Readonly<Record<string, string>>) => ({
    resourceLogs: [
      {
        resource: { attributes: attributesOf({ "service.name": service }) },
        scopeLogs: [{ logRecords: [{ timeUnixNano: "1795599900000000000", attributes: attributesOf(attributes) }] }],
      },
    ],
  });

  it.each([
    ["anthropic/claude-sonnet-4-5", "claude-sonnet-4-5"],
    ["us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"],
    ["claude-opus-4-7[1m]", "claude-opus-4-7"],
    ["claude-opus-4-5@20251101", "claude-opus-4-5"],
    ["acme-private-deployment", "other"],
  ])("have the public name of the model %s", (model, name) => {
    const log = logOf("claude-code", { "event.name": "api_request", "session.id": "s-1", model, cost_usd: "0.25" });
    const [event] = eventsOf(inJson("logs", log));
    expect(event).toMatchObject({ event_type: "model_request", model: name, cost_microusd: 250_000 });
  });

  it("know an MCP tool of a long name, and no address", () => {
    const call = (tool_name: string) =>
      eventsOf(
        inJson(
          "logs",
          logOf("claude-code", { "event.name": "tool_result", tool_name, tool_use_id: "toolu_000000000009" }),
        ),
      );
    expect(call("mcp__plugin_chrome-devtools-mcp_chrome-devtools__list_network_requests")).toHaveLength(1);
    expect(call("MCP:db:query")).toHaveLength(1);
    expect(call("ada@example.com")).toEqual([]);
  });

  it("count a decision that got no answer as cancelled", () => {
    const log = logOf("codex_cli_rs", {
      "event.name": "codex.tool_decision",
      "conversation.id": "019ecba3-1618-7c63-8e2e-e2eaf13075f3",
      tool_name: "exec_command",
      call_id: "call_0123456789abcdef",
      decision: "timed_out",
    });
    expect(eventsOf(inJson("logs", log))).toMatchObject([
      { tool_phase: "end", status: "cancelled", error_category: "timeout" },
    ]);
  });

  it("count a tool within a tool once, and a chat as one session", () => {
    const span = (name: string, ms: number, id: number, conversation: string) => ({
      name: `execute_tool ${name}`,
      spanId: `000000000000000${id}`,
      startTimeUnixNano: `${1_795_599_900_000 - ms}000000`,
      endTimeUnixNano: "1795599900000000000",
      attributes: attributesOf({
        "gen_ai.tool.name": name,
        "gen_ai.tool.call.id": "call_0123456789abcdef",
        "gen_ai.conversation.id": conversation,
        "copilot_chat.chat_session_id": "chat-1",
      }),
    });
    const trace = (service: string, ...spans: readonly object[]) => ({
      resourceSpans: [{ resource: { attributes: attributesOf({ "service.name": service }) }, scopeSpans: [{ spans }] }],
    });
    const inner = span("vscode_editFile_internal", 5, 1, "request-1");
    const outer = span("insert_edit_into_file", 9, 2, "request-2");
    const events = eventsOf(inJson("traces", trace("copilot-chat", inner, outer)));
    expect(events).toMatchObject([
      { agent: "vscode_agent", tool_name: "insert_edit_into_file", tool_phase: "start" },
      { tool_name: "insert_edit_into_file", tool_phase: "end", duration_ms: 9 },
    ]);
    expect(eventsOf(inJson("traces", trace("copilot-chat", inner)))).toEqual([]);
    const later = eventsOf(inJson("traces", trace("copilot-chat", span("read_file", 3, 3, "request-3"))));
    expect(later[0]?.["session_id"]).toBe(events[0]?.["session_id"]);
    const [fromCli] = eventsOf(inJson("traces", trace("github-copilot", outer)));
    expect(fromCli).toMatchObject({ agent: "copilot_cli" });
  });

  it("rejects truncated and invalid bodies with MalformedError only", () => {
    const messages = otlpPayloads.map(({ signal, request }) => [signal, protobufOf(request)] as const);
    const attempt = (work: () => readonly OtlpRecord[]) => {
      try {
        return eventsOf(work());
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
        return [];
      }
    };
    for (const [signal, bytes] of messages) {
      for (let end = 0; end < bytes.length; end += 7) attempt(() => decodeProtobuf(signal, bytes.subarray(0, end)));
    }
    fc.assert(
      fc.property(
        fc.constantFrom(...signals),
        fc.uint8Array({ maxLength: 400 }),
        fc.jsonValue(),
        (signal, bytes, json) => {
          attempt(() => decodeProtobuf(signal, Buffer.from(bytes)));
          attempt(() => decodeJson(signal, Buffer.from(bytes)));
          attempt(() =>
            inJson(signal, { resourceLogs: json, resourceSpans: [json], resourceMetrics: [{ scopeMetrics: json }] }),
          );
        },
      ),
      { numRuns: 500 },
    );
    // Valid messages with a few changed bytes.
    fc.assert(
      fc.property(
        fc.nat(messages.length - 1),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
        (n, changes) => {
          const [signal, bytes] = messages[n] ?? ["logs", Buffer.alloc(0)];
          const changed = Buffer.from(bytes);
          for (const [at, byte] of changes) changed[at % changed.length] = byte;
          attempt(() => decodeProtobuf(signal, changed));
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
