import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AgentName } from "../../../shared/protocol/agents.ts";
import { newAgentIds } from "../../../test/fixtures/agent-ids.ts";
import { consentRecord } from "../../../test/fixtures/consent-record.ts";
import { decide } from "../../../test/fixtures/consented.ts";
import { tempFolder } from "../../../test/fixtures/temp-folder.ts";
import { Connections } from "../../agents/connections.ts";
import { pathsFrom } from "../../config/paths.ts";
import { hookEvents } from "./hook-events.ts";
import { hookLine } from "./hook-line.ts";
import { filterPayload } from "./payload-filter.ts";
import { payloadIn } from "./payload-text.ts";

interface HookCase {
  readonly name: string;
  /** The agent in whose settings the hook is installed. */
  readonly agent: AgentName;
  /** An object, or the text as it was sent. */
  readonly payload: object | string;
  readonly events: readonly object[];
}

/** Payloads as agents send them, with the events that they mean. */
const cases: readonly HookCase[] = readFileSync(
  new URL("../../../test/fixtures/agent-hooks.jsonl", import.meta.url),
  "utf8",
)
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line));

/** Agents whose hooks were installed before they named their agent, and that have fields of their own. */
const earlierAgents: ReadonlySet<AgentName> = new Set(["cursor", "copilot", "codex", "gemini_cli"]);

const ids = newAgentIds();
const now = 1_790_000_000_000;
const textOf = (payload: object | string) => (typeof payload === "string" ? payload : JSON.stringify(payload));

/** Runs the installed shell command as an agent does. Returns the lines that it wrote. */
function runInstalled(agent: AgentName, payload: string, name = "home"): readonly string[] {
  const home = join(tempFolder(), name);
  mkdirSync(home);
  decide(home, { ...consentRecord("local"), collect: ["tool_usage"] });
  const connections = new Connections(pathsFrom({}, home), home, {});
  const change = connections.planConnect(agent);
  if (change !== undefined) connections.connect(change);
  const { status, stdout, stderr } = spawnSync("sh", ["-c", connections.commandOf(agent)], {
    input: payload,
    env: { PATH: process.env["PATH"], HOME: home },
    encoding: "utf8",
    maxBuffer: 1_000,
  });
  expect([status, stdout, stderr]).toEqual([0, "", ""]);
  const log = join(home, "nexus", "state", "events", "agent-hooks.jsonl");
  return readFileSync(log, { encoding: "utf8", flag: "a+" })
    .split("\n")
    .filter((line) => line !== "");
}

describe("agents' payloads", () => {
  it.each(cases)("come right through the installed hook: $name", ({ agent, payload, events }) => {
    const [line, ...more] = runInstalled(agent, textOf(payload));
    expect(more).toEqual([]);
    const found = hookLine(JSON.parse(line ?? "{}"), ids);
    expect(found).toMatchObject(events);
  });

  it.each(cases)("mean the same to the payload filter: $name", ({ agent, payload, events }) => {
    const filtered = filterPayload(payloadIn(textOf(payload)));
    expect(hookEvents(filtered, now, ids, { installedIn: agent })).toMatchObject(events);
  });

  it.each(cases.filter(({ agent }) => earlierAgents.has(agent)))(
    "are recognised without the agent's name, as earlier hooks send them: $name",
    ({ payload, events }) => {
      expect(hookEvents(filterPayload(payloadIn(textOf(payload))), now, ids)).toMatchObject(events);
    },
  );

  it("keep the ID and the duration that follow eight million characters", () => {
    const payload = {
      session_id: "5a1c7c1e-0d0b-4f7e-9a53-3c1a4a6f1d11",
      hook_event_name: "PostToolUse",
      tool_name: "Bash",
      tool_response: { stdout: `say "x" \\ {"tool_use_id": "toolu_of_another"} `.repeat(160_000), session_id: "none" },
      tool_use_id: "toolu_01JuMhbMZFZvQyMBos3QozHF",
      duration_ms: 5,
    };
    const [line = "{}"] = runInstalled("claude_code", JSON.stringify(payload));
    expect(JSON.parse(line)).toMatchObject({
      session_id: payload.session_id,
      tool_use_id: payload.tool_use_id,
      duration_ms: "5",
    });
  });

  it("are recorded in a home with an apostrophe, a quotation mark and a space", () => {
    const payload = '{"hook_event_name":"PostToolUse","session_id":"s","tool_name":"Bash"}';
    expect(runInstalled("codex", payload, `Ada's "own" home`)).toHaveLength(1);
  });

  it("lose what a response of megabytes has under the same names", () => {
    const rows = {
      rows: [{ tool_use_id: "toolu_0000000000of1other", duration_ms: 86_400_000 }],
      text: "x".repeat(9_000),
    };
    const payload = {
      hook_event_name: "PostToolUse",
      session_id: "s",
      tool_name: "Bash",
      big: "x".repeat(2_100_000),
      tool_response: rows,
    };
    const [line = "{}"] = runInstalled("codex", JSON.stringify(payload));
    expect(JSON.parse(line)).not.toHaveProperty("tool_use_id");
    expect(JSON.parse(line)).not.toHaveProperty("duration_ms");
  });

  it.each([
    ["toolu_01JuMhbMZFZvQyMBos3QozHF", true],
    ["tooluse_36nMoA0hip1UR8bztp3jzT", true],
    ["call-f2d0134c-0a6e-454c-b9d8-d3ea8dacb8ac-0", true],
    ["5a1c7c1e-0d0b-4f7e-9a53-3c1a4a6f1d11", true],
    ["call_janedoeacmemerger", false],
    ["call_Jane-Doe_acme-1", false],
    ["dead-beef-4111-1111-1111-1111a", false],
    ["4111111111111111", false],
  ])("have an ID only if it looks random: %s", (id, isKept) => {
    const payload = JSON.stringify({ hook_event_name: "PostToolUse", tool_name: "Bash", tool_use_id: id });
    expect("tool_use_id" in filterPayload(JSON.parse(payload))).toBe(isKept);
    const [line = "{}"] = runInstalled("claude_code", payload);
    expect("tool_use_id" in JSON.parse(line)).toBe(isKept);
  });

  it("may begin with a byte order mark and contain control characters", () => {
    const payload = '\ufeff{"hook_event_name":"PostToolUse","session_id":"s","tool_name":"Bash","x":"a\u0001\nb"}';
    expect(runInstalled("claude_code", payload)).toHaveLength(1);
    expect(hookEvents(filterPayload(payloadIn(payload)), now, ids)).toHaveLength(1);
  });

  it("count two subagents of the same second", () => {
    const start = (subagent_id: string) =>
      hookEvents(
        filterPayload({ hook_event_name: "subagentStart", conversation_id: "c", cursor_version: "3", subagent_id }),
        now,
        ids,
        { installedIn: "cursor" },
      ).map(({ id }) => id);
    expect(start("toolu_01FPi5Rms9GkcQrRATjdTmWJ")).not.toEqual(start("toolu_01LSxNsFuQZrnDDFWWZBMDXK"));
  });
});
