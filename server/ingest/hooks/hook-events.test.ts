import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newAgentIds } from "../../../test/fixtures/agent-ids.ts";
import { consentRecord } from "../../../test/fixtures/consent-record.ts";
import { decide } from "../../../test/fixtures/consented.ts";
import { canary, hookPayloads } from "../../../test/fixtures/hook-payloads.ts";
import { SharingWorker } from "../../../test/fixtures/sharing-worker.ts";
import { tempFolder } from "../../../test/fixtures/temp-folder.ts";
import { Connections } from "../../agents/connections.ts";
import { pathsFrom } from "../../config/paths.ts";
import { hookEvents } from "./hook-events.ts";
import { hookLine } from "./hook-line.ts";
import { filterPayload } from "./payload-filter.ts";

const now = 1_790_000_000_000;
const ids = newAgentIds();

/** Creates a home folder with recording on and Claude Code connected. */
function home(decision: object = { ...consentRecord("local"), collect: ["tool_usage"] }): string {
  const folder = tempFolder();
  decide(folder, decision);
  connect(folder);
  return folder;
}

function connect(folder: string): void {
  const connections = new Connections(pathsFrom({}, folder), folder, {});
  const change = connections.planConnect("claude_code");
  if (change !== undefined) connections.connect(change);
}

const scriptOf = (folder: string) => join(folder, "nexus", "state", "agents", "hook.awk");
const logOf = (folder: string) => join(folder, "nexus", "state", "events", "agent-hooks.jsonl");

/** Runs the script with a payload as an agent does. Returns the line it wrote. */
function runHook(awk: string, folder: string, payload: string, env: Readonly<Record<string, string>> = {}, agent = "") {
  const [program = "", ...args] = awk.split(" ");
  const { stdout, stderr, status } = spawnSync(program, [...args, "-v", `agent=${agent}`, "-f", scriptOf(folder)], {
    input: payload,
    env: { PATH: process.env["PATH"], HOME: folder, LC_ALL: "C", ...env },
    encoding: "utf8",
  });
  expect([stdout, stderr, status]).toEqual(["", "", 0]);
  try {
    return JSON.parse(readFileSync(logOf(folder), "utf8").trimEnd().split("\n").at(-1) ?? "");
  } catch {
    return undefined;
  }
}

/** Keys that the hook reads, and parts of nested ones. */
const keys = [
  "tool_name",
  "toolName",
  "session_id",
  "sessionId",
  "taskId",
  "conversation_id",
  "toolResult",
  "resultType",
  "tool_result",
  "result_type",
  "error",
  "tool_response",
  "model",
  "slug",
  "model_name",
  "toolCall",
  "name",
  "x",
  "postToolUse",
  "success",
  "executionTimeMs",
  "duration_ms",
  "duration",
  "timestamp",
  "source",
  "reason",
  "status",
  "failure_type",
  "permission_mode",
  "transcript_path",
  "agent_id",
  "tool_use_id",
  "tool_call_id",
  "event",
  "hookName",
  "is_interrupt",
  "turn_id",
  "cursor_version",
];

/** Values that mean something for one of the keys, or almost. */
const words = [
  "Bash",
  "mcp",
  "mcp__github__list",
  "mcp__my_server__x",
  "mcp__github",
  "mcp__plugin_a_playwright__x__y",
  "mcp_a_b",
  "MCP:github:x",
  "MCP:x",
  "MCP:",
  "mcp.github.x",
  "github-mcp-server-x",
  "a-mcp-server-x",
  "mcp__GitHub__x",
  "claude-opus-5",
  "us.anthropic.claude-opus-4-8-v1:0",
  "claude-4.5-sonnet",
  "openai/gpt-5.6-sol",
  "gpt-5[1m]",
  "gemini-2.5-pro-preview-06-05",
  "claude-opus-4-8@default",
  "x-ai/grok-4.20:free",
  "family",
  "tool Bash",
  "success",
  "denied",
  "timeout",
  "permission_denied",
  "startup",
  "compact",
  "logout",
  "completed",
  "aborted",
  "Exit code 3",
  "Exit code 1234",
  "Exit code: 1x",
  "exit_4",
  "rate_limit",
  "PostToolUse",
  "post-tool-use",
  "Stop",
  "12",
  "12.3456789",
  "2592000001",
  "1e3",
  "0",
  "false",
  "true",
  "normal",
  "1732550000000",
  "20261125_1",
  "20261125_12345",
  "2026-11-25T09:00:01.123Z",
  "2026-11-25T09:00:01+01:00",
  "toolu_0123456789",
  "call-f2d0134c-0a6e-454c-b9d8-d3ea8dacb8ac-0\nfc_1",
  "tooluse_36nMoA0hip1UR8bztp3jzT",
  "call_Jane-Doe_x",
  "dead-beef-4111-1111-1111-1111a",
  "5a1c7c1e-0d0b-4f7e-9a53-3c1a4a6f1d11",
];

/** The awks of Debian, of macOS and the BSDs, of Alpine, and GNU awk. */
const awks = ["mawk", "original-awk", "busybox awk", "gawk"];

describe("hook events", () => {
  it.each(hookPayloads)("match the payload: $name", ({ payload, events }) => {
    const filtered = filterPayload(payload);
    expect(JSON.stringify(filtered)).not.toContain(canary);
    expect(hookEvents(filtered, now, ids)).toMatchObject(events ?? []);
  });

  it("have the same IDs for a tool call, however often it is reported", () => {
    const toolCall = {
      hook_event_name: "PostToolUse",
      tool_name: "Bash",
      tool_use_id: "toolu_01ABC123",
      session_id: "s",
      duration_ms: 5,
    };
    const [first = [], second] = [now, now + 900].map((ts) =>
      hookEvents(filterPayload(toolCall), ts, ids).map(({ id }) => id),
    );
    expect(first).toEqual(second);
    expect(new Set(first).size).toBe(2);
    const otherCall = { ...toolCall, tool_use_id: "toolu_01ABC124" };
    const other = hookEvents(filterPayload(otherCall), now, ids).map(({ id }) => id);
    expect(other).not.toContain(first[0]);
  });

  it("count each subagent once, with and without an ID that may be stored", () => {
    const stopped = { hook_event_name: "SubagentStop", session_id: "5a1c7c1e-0d0b-4f7e-9a53-3c1a4a6f1d11" };
    const idsOf = (agent_id: string, call: string) =>
      hookEvents(filterPayload({ ...stopped, agent_id }), now, ids, { call }).map(({ id }) => id);
    expect(idsOf("agent-one", "11")).not.toEqual(idsOf("agent-two", "12"));
    expect(idsOf("a1b2c3d4e5f60718", "11")).toEqual(idsOf("a1b2c3d4e5f60718", "12"));
  });
});

describe.each(awks)("hook script on %s", (awk) => {
  it("filters each payload like the payload filter", () => {
    for (const { payload, name } of hookPayloads) {
      const folder = home();
      const line = runHook(awk, folder, JSON.stringify(payload));
      expect(JSON.stringify(line ?? "")).not.toContain(canary);
      if (line !== undefined) {
        expect(hookLine(line, ids), name).toEqual(
          hookEvents(filterPayload(payload), line.ts + 999, ids, { installedIn: line.agent, call: line.n }),
        );
      }
      const again = runHook(awk, home(), JSON.stringify(payload, null, 2));
      expect({ ...again, ts: 0, n: "" }, name).toEqual({ ...line, ts: 0, n: "" });
    }
  });

  it("reads a long run of backslashes, and of two equal keys the last one", () => {
    const run = String.raw`{"hook_event_name":"PostToolUse","x":"${"\\".repeat(100_000)}x\"y","tool_name":"Read","tool_name":"Bash"}`;
    expect(runHook(awk, home(), run)).toMatchObject({ tool_name: "run_terminal_cmd" });
    const last =
      '{"hook_event_name":"Other","hook_event_name":"PostToolUse","tool_name":"Bash","model":"gpt-5","model":{}}';
    const line = runHook(awk, home(), last);
    expect(hookLine(line, ids)).toHaveLength(1);
    expect(line).not.toHaveProperty("model");
    const inner = '{"hook_event_name":"AfterTool","tool_name":"Bash","tool_response":{"error":"x"},"tool_response":{}}';
    expect(runHook(awk, home(), inner)).not.toHaveProperty(["tool_response.error"]);
  });

  it("writes nothing if recording is off for any reason", () => {
    const payload = JSON.stringify({ hook_event_name: "PostToolUse", tool_name: "Bash", session_id: "s" });
    expect(runHook(awk, home(), payload)).toBeDefined();
    expect(runHook(awk, home(consentRecord("off")), payload)).toBeUndefined();
    const neverAsked = tempFolder();
    connect(neverAsked);
    expect(runHook(awk, neverAsked, payload)).toBeUndefined();
    for (const name of ["NEXUS_EVENT_LOG", "NEXUS_TELEMETRY", "NEXUS_TELEMETRY_ENABLED"]) {
      expect(runHook(awk, home(), payload, { [name]: " off" }), name).toBeUndefined();
    }
    expect(runHook(awk, home({ ...consentRecord("local"), collect: ["session_metadata"] }), payload)).toBeUndefined();
  });

  it("prints nothing and exits with 0 for invalid payloads", () => {
    for (const broken of [
      "",
      "{",
      '"',
      "[]",
      "null",
      '{"tool_name":',
      `{"hook_event_name":"${"x".repeat(100)}","tool_name":"Bash"}`,
      '\\"\\\\"',
      "\0\xff",
    ]) {
      expect(runHook(awk, home(), broken)).toBeUndefined();
    }
  });
});

describe("hook script", () => {
  it("filters payloads of any shape like the payload filter", () => {
    const name = fc.constantFrom(...keys);
    const word = fc.oneof(fc.string(), fc.constantFrom(...words), fc.constantFrom('a"b', "\\", '\\"', "{", "}", ":"));
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        word,
        fc.boolean(),
        fc.constant(null),
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        tie("object"),
        fc.array(tie("value"), { maxLength: 3 }),
      ),
      object: fc.dictionary(name, tie("value"), { maxKeys: 5 }),
    }));
    const payloads = fc.dictionary(name, value, { maxKeys: 6 });
    fc.assert(
      fc.property(payloads, (rest) => {
        const payload = { ...rest, hook_event_name: "PostToolUse" };
        const { hook, ts, n, ...flat } = runHook("awk", home(), JSON.stringify(payload));
        expect([hook, flat]).toEqual([1, filterPayload(payload)]);
        // A call with an ID needs no number of its own.
        if (!("tool_use_id" in flat)) expect(n).toMatch(/^\d+$/);
      }),
      { numRuns: 150 },
    );
  });

  it("filters a payload of megabytes", () => {
    const folder = home();
    const big = {
      tool_input: { text: `${'say "hello" \\ '.repeat(100_000)}` },
      hook_event_name: "PostToolUse",
      tool_name: "Write",
      session_id: "s",
    };
    expect(runHook("awk", folder, JSON.stringify(big))).toMatchObject({ tool_name: "write_file" });
    expect(readFileSync(logOf(folder), "utf8").length).toBeLessThan(500);
  });
});

describe("invariant: never-lost-never-twice", () => {
  it("counts a tool call once that three agents' hooks report", async () => {
    const sharer = new SharingWorker();
    sharer.consent("local");
    connect(sharer.home);
    const payload = {
      hook_event_name: "PostToolUse",
      tool_name: "Bash",
      tool_use_id: "toolu_01ABC123",
      session_id: "s",
      duration_ms: 5,
      permission_mode: "x",
    };
    for (let n = 0; n < 3; n += 1) runHook("awk", sharer.home, JSON.stringify(payload));
    expect(await sharer.worker.importLogs()).toMatchObject({
      lines: 3,
      stored: 2,
      repeated: 4,
      malformed: 0,
      refused: 0,
    });
  });
});
