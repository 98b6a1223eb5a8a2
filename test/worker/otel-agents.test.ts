/** The sessions of 200 calls again, exported with OpenTelemetry's own SDKs to the built worker, without and beside the hooks. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { Connections } from "../../server/agents/connections.ts";
import { pathsFrom } from "../../server/config/paths.ts";
import { ReceiverConfig, type ReceiverSettings } from "../../server/ingest/receiver/receiver-config.ts";
import { type AgentName, sourcesOf } from "../../shared/protocol/agents.ts";
import { agentSessions, callsOf, countOf } from "../fixtures/agent-sessions.ts";
import { exportedEvents, noonZone } from "../fixtures/exported-events.ts";
import { runHook } from "../fixtures/run-hook.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";
import { WorkerProcess } from "./worker-process.ts";

const python = join(import.meta.dirname, "..", "..", "out", "python", "bin", "python");

const names: Readonly<Partial<Record<AgentName, object>>> = {
  claude_code: { shell: "Bash", read: "Read", mcp: "mcp__github__list_issues" },
  codex: { shell: "exec_command", read: "read_file", mcp: "mcp__github__list_issues" },
  gemini_cli: { shell: "run_shell_command", read: "read_file", mcp: "mcp_github_list_issues" },
  copilot: { shell: "bash", read: "view", mcp: "github-mcp-server-list_issues" },
};
const formats = { claude_code: "json", codex: "python", gemini_cli: "protobuf", copilot: "json" } as const;
type Exporting = keyof typeof formats;

/** Exports an agent's calls; resolves when the SDK has sent all. */
async function exportCalls(name: Exporting, { port, token }: ReceiverSettings, certificate: string): Promise<void> {
  const url = `https://127.0.0.1:${port}/v1/${name === "copilot" ? "traces" : "logs"}`;
  const script = join(import.meta.dirname, name === "codex" ? "otel_session.py" : "otel-session.mjs");
  const [program, args] =
    formats[name] === "python" ? [python, [script, url]] : [process.execPath, [script, name, url, formats[name]]];
  const child = spawn(program, args, {
    env: {
      PATH: process.env["PATH"],
      OTEL_EXPORTER_OTLP_HEADERS: `Authorization=Bearer%20${token}`,
      OTEL_EXPORTER_OTLP_CERTIFICATE: certificate,
    },
  });
  const own = names[name] as Readonly<Record<string, string>>;
  child.stdin.end(JSON.stringify(callsOf(name).map((call) => ({ ...call, tool: own[call.tool] }))));
  const [output] = await Promise.all([text(child.stderr), once(child, "close")]);
  expect([child.exitCode, output]).toEqual([0, ""]);
}

/** Runs a worker while agents report; `hooks`: also through their hooks, at the same time. Returns the ends of calls. */
async function reportAll(reporting: readonly Exporting[], hooks: readonly Exporting[]) {
  const folder = tempFolder();
  const home = join(folder, "home");
  const paths = pathsFrom({}, home);
  const file = new ReceiverConfig(paths.receiverFile);
  const receiver = file.enable(await file.planOpen());
  const worker = await WorkerProcess.start({ home, env: { TZ: noonZone } });
  await worker.consent();
  const connections = new Connections(paths, home, {});
  for (const name of hooks) {
    const change = connections.planConnect(name);
    if (change !== undefined) connections.connect(change);
  }
  const certificate = join(paths.agentFolder, "otlp-certificate.pem");
  const exports = reporting.map((name) => exportCalls(name, receiver, certificate));
  for (const name of hooks) {
    const payloads = callsOf(name).flatMap((call) => agentSessions[name]?.format(call) ?? []);
    expect(runHook(connections.commandOf(name), payloads, folder, home)).toBe("");
  }
  await Promise.all(exports);
  await worker.stop();
  const events = await exportedEvents(home);
  const ends = events.filter(({ payload }) => payload["tool_phase"] === "end");
  return (name: AgentName) => {
    const sources: readonly string[] = sourcesOf[name];
    const own = ends.filter(({ payload }) => sources.includes(String(payload["agent"])));
    const count = (status: string) => own.filter(({ payload }) => payload["status"] === status).length;
    return {
      calls: own.length,
      failed: count("failed"),
      refused: count("cancelled"),
      sessions: new Set(own.map(({ session }) => session.id)).size,
      tools: new Set(own.map(({ payload }) => payload["tool_name"])).size,
    };
  };
}

const all = { calls: 200, failed: countOf("failed"), refused: countOf("refused"), sessions: 1, tools: 3 };

describe("200 calls by OpenTelemetry", () => {
  it("without hooks: come right from every agent that exports", async () => {
    const of = await reportAll(["claude_code", "codex", "gemini_cli", "copilot"], []);
    for (const name of ["claude_code", "codex", "gemini_cli"] as const) expect(of(name), name).toEqual(all);
    // A span does not say that the user refused.
    expect(of("copilot")).toEqual({ ...all, failed: countOf("failed") + countOf("refused"), refused: 0 });
  });

  it("and by the hook at the same time: count once", async () => {
    const of = await reportAll(
      ["claude_code", "codex", "gemini_cli", "copilot"],
      ["claude_code", "gemini_cli", "copilot"],
    );
    expect(of("claude_code")).toEqual(all);
    expect(of("codex")).toEqual(all);
    expect(of("gemini_cli")).toEqual({ ...all, failed: countOf("failed") + countOf("refused"), refused: 0 });
    expect(of("copilot")).toEqual(all);
  });
});
