/** A session of 200 calls of every agent, through its installed hook, imported by the built command. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Connections } from "../../server/agents/connections.ts";
import { pathsFrom } from "../../server/config/paths.ts";
import { type AgentName, agentNames } from "../../shared/protocol/agents.ts";
import { agentSessions, calls, callsOf, claudeEvents, countOf } from "../fixtures/agent-sessions.ts";
import { consentRecord } from "../fixtures/consent-record.ts";
import { decide } from "../fixtures/consented.ts";
import { type ExportedEvent, exportedEvents, noonZone } from "../fixtures/exported-events.ts";
import { canary } from "../fixtures/hook-payloads.ts";
import { nexus } from "../fixtures/run-cli.ts";
import { runHook } from "../fixtures/run-hook.ts";

const folder = mkdtempSync(join(tmpdir(), "nexus-agents-"));
const home = join(folder, "home");
let events: readonly ExportedEvent[] = [];
const env = { PATH: process.env["PATH"], HOME: home };
const plugins = ["opencode", "amp", "pi"] as const;

/** Runs the agent that loads our plugin. */
function runPlugin(name: (typeof plugins)[number], file: string): void {
  const module = join(folder, `${name}.mjs`);
  writeFileSync(module, readFileSync(file));
  const host = join(import.meta.dirname, "..", "fixtures", "plugin-host.mjs");
  const names = { shell: "bash", read: "read", mcp: "mcp__github__list_issues" };
  const input = JSON.stringify(callsOf(name).map((call) => ({ ...call, tool: names[call.tool] })));
  const { status, stdout, stderr } = spawnSync(process.execPath, [host, name, module], {
    input,
    env,
    encoding: "utf8",
  });
  expect([status, stdout, stderr]).toEqual([0, "", ""]);
}

function filesBelow(top: string): readonly string[] {
  return readdirSync(top, { recursive: true, withFileTypes: true, encoding: "utf8" })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
}

beforeAll(async () => {
  mkdirSync(home);
  decide(home, consentRecord("local"));
  const connections = new Connections(pathsFrom({}, home), home, {});
  for (const name of agentNames) {
    const change = connections.planConnect(name);
    if (change === undefined) throw new Error(`${name} is connected already`);
    connections.connect(change);
    const { file } = change.agent;
    const session = agentSessions[name];
    const plugin = plugins.find((one) => one === name);
    if (plugin !== undefined) runPlugin(plugin, file);
    else if (session === undefined) throw new Error(`${name} has no session`);
    else {
      const command = name === "cline" ? `sh '${file}'` : connections.commandOf(name);
      const payloads = [...callsOf(name).map(session.format), ...(name === "claude_code" ? claudeEvents : [])];
      const printed = runHook(command, payloads, folder, home);
      expect(printed.replaceAll('{"cancel":false}\n', "")).toBe("");
    }
  }
  expect(filesBelow(join(home, "nexus")).some((text) => text.includes(canary))).toBe(false);
  events = await exportedEvents(home);
}, 240_000);

afterAll(() => rmSync(folder, { recursive: true }));

const sourceOf = (name: AgentName) => (name === "copilot" ? "copilot_cli" : name);
const endsOf = (name: AgentName) =>
  events.filter(
    ({ source, event_type: type, payload }) =>
      source.channel === sourceOf(name) && type === "agent_event" && payload["tool_phase"] === "end",
  );
const countsOf = (ends: readonly ExportedEvent[], field: string) => {
  const counts: Record<string, number> = {};
  for (const { payload } of ends) counts[String(payload[field])] = (counts[String(payload[field])] ?? 0) + 1;
  return counts;
};

describe("a session of 200 calls", () => {
  it.each(agentNames)("of %s is counted once, under its name, with its outcomes, in one session", (name) => {
    const ends = endsOf(name);
    expect(ends).toHaveLength(200);
    expect(countsOf(ends, "agent")).toEqual({ [sourceOf(name)]: 200 });
    const tools = countsOf(ends, "tool_name");
    const [shell, read, mcp] = ["shell", "read", "mcp"].map(
      (tool) => calls.filter((call) => call.tool === tool).length,
    );
    expect(tools).toEqual({ run_terminal_cmd: shell, read_file: read, mcp });
    const { failures, refusals } = agentSessions[name] ?? { failures: true, refusals: false };
    const failed = failures
      ? countOf("failed") + (refusals || name === "continue_cli" || name === "goose" ? 0 : countOf("refused"))
      : 0;
    const statuses = countsOf(ends, "status");
    expect([statuses["failed"] ?? 0, statuses["cancelled"] ?? 0]).toEqual([failed, refusals ? countOf("refused") : 0]);
    expect(new Set(ends.map(({ session }) => session.id)).size).toBe(1);
  });

  it.each(agentNames)("leaves a hook of %s that its test finds working", async (name) => {
    expect(await nexus(home, { TZ: noonZone }, "agents", "test", name)).toMatchObject({ code: 0, err: "" });
    expect((await nexus(home, { TZ: noonZone }, "agents", "list", "--json")).out).toContain(`"name": "${name}"`);
  });

  it("keeps the subagents, the exit class and the server of Claude Code's calls", () => {
    const ends = endsOf("claude_code");
    const subagents = calls.filter(({ subagent }) => subagent).length;
    expect(countsOf(ends, "agent_role")).toEqual({ main: 200 - subagents, subagent: subagents });
    expect(countsOf(ends, "mcp_server")["github"]).toBe(calls.filter(({ tool }) => tool === "mcp").length);
    const failed = ends.filter(({ payload }) => payload["status"] === "failed");
    expect(countsOf(failed, "exit_class")).toEqual({ failure: countOf("failed") });
    expect(countsOf(failed, "error_category")).toEqual({ command_failed: countOf("failed") });
  });

  it("keeps the turns, permission requests and session events of Claude Code", () => {
    const own = events.filter(({ source }) => source.channel === "claude_code");
    const activities = own.filter(({ event_type: type }) => type === "agent_activity");
    expect(countsOf(activities, "activity")).toEqual({
      turn: 2,
      permission_request: 1,
      compaction: 1,
      subagent_started: 1,
      subagent_ended: 1,
    });
    expect(activities.find(({ payload }) => payload["status"] === "failed")?.payload).toMatchObject({
      activity: "turn",
      error_category: "unavailable",
    });
    const of = (type: string) => own.filter(({ event_type: name }) => name === type).map(({ payload }) => payload);
    expect(
      of("session_started")
        .map((payload) => payload["start_reason"])
        .sort(),
    ).toEqual(["resume", "startup"]);
    expect(of("session_ended")).toMatchObject([{ end_reason: "prompt_input_exit" }]);
  });
});
