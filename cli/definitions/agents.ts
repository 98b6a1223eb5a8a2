/** AI agents: whose tools are recorded by their own hooks. */
import type { Command } from "commander";
import { lazyAction } from "./lazy-action.ts";
import { withExamples, withJson } from "./options.ts";

export function addAgents(nexus: Command): void {
  const agents = nexus.command("agents").description("record the tools of AI agents, by their own hooks");
  withJson(
    agents.command("list").description("show which agents are here, and which of them are connected"),
    "{version, agents: [{name, title, file, found, connected, outdated, lastMs, forbidden}], otel: {port}}",
  ).action(lazyAction(() => import("../commands/agents/list.ts")));
  withExamples(
    withJson(
      agents
        .command("connect")
        .description("put a hook into an agent's settings, after showing the exact change")
        .argument("[agent...]", "claude_code, cursor, copilot, codex, gemini_cli; else all that are found")
        .option("--yes", "make the change without asking")
        .option("--otel", "receive OpenTelemetry on loopback, and print what the agent needs to export there")
        .option("--accept-risk", "with --otel: also where an agent might send to another user's program"),
      "{version, connected: [agent]}, or with --otel {version, port, certificate, agents: [{name, where, lines, risk}]}",
    ),
    "nexus agents connect claude_code",
    "nexus agents connect --otel codex",
  ).action(lazyAction(() => import("../commands/agents/connect.ts")));
  withJson(
    agents
      .command("disconnect")
      .description("take the hook out again; a file that nobody changed since becomes what it was, to the byte")
      .argument("[agent...]", "which; else all that are connected")
      .option("--otel", "end the receiver for OpenTelemetry"),
    "{version, disconnected: [agent]}",
  ).action(lazyAction(() => import("../commands/agents/disconnect.ts")));
  nexus
    .command("hook")
    .description("keep a few words of an agent's payload on standard input; for hooks where there is no awk")
    .allowExcessArguments()
    .action(lazyAction(() => import("../commands/hook.ts")));
  withJson(
    agents
      .command("test")
      .description("run an agent's hook as it would, and see whether a line arrives")
      .argument("<agent>", "which"),
    "{version, agent, works, what}",
  ).action(lazyAction(() => import("../commands/agents/test.ts")));
}
