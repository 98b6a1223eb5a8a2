/** `nexus agents …` and `nexus hook`: recording AI agents' tool calls through their own hooks. */
import type { Command } from "commander";
import { agentNames } from "../../shared/protocol/agents.ts";
import { historyGroupings } from "../../shared/protocol/query.ts";
import { answerShape } from "./analytics.ts";
import { lazyAction } from "./lazy-action.ts";
import { importedShape, withCsv, withExamples, withFilters, withImport, withJson, withPeriod } from "./options.ts";

export function addAgents(nexus: Command): void {
  nexus
    .command("history-database", { hidden: true })
    .description("the child process of an import: reads a database of an agent or a shell, prints its records as JSON")
    .argument("<name>")
    .action(lazyAction(() => import("../commands/history/database.ts")));
  const agents = nexus.command("agents").description("record AI agents' tool calls through their hooks");
  withJson(
    agents.command("list").description("list installed and connected agents"),
    "{version, agents: [{name, title, file, installed, connected, outdated, lastEventMs, blockedBy, approval}], otel: {port}}; otel is null while its receiver is disabled",
  ).action(lazyAction(() => import("../commands/agents/list.ts")));
  withExamples(
    withJson(
      agents
        .command("connect")
        .description("add a hook to an agent's settings (shows the change first)")
        .argument("[agent...]", `${agentNames.join(", ")} (default: all installed agents)`)
        .option("--yes", "skip the prompt")
        .option("--otel", "enable the OpenTelemetry receiver and print the agent's settings")
        .option("--accept-risk", "with --otel: set up agents that might send data to another user's program"),
      "{version, connected: [agent]}; with --otel {version, port, certificate, agents: [{name, file, lines, risk}]}",
    ),
    "nexus agents connect claude_code",
    "nexus agents connect --otel codex",
  ).action(lazyAction(() => import("../commands/agents/connect.ts")));
  withJson(
    agents
      .command("update")
      .description("replace hooks of an earlier version (shows the change first)")
      .argument("[agent...]", "agents to update (default: all whose hook is outdated)")
      .option("--yes", "skip the prompt"),
    "{version, connected: [agent]}",
  ).action(lazyAction(() => import("../commands/agents/update.ts")));
  withJson(
    agents
      .command("disconnect")
      .description("remove the hook from an agent's settings; restores an unchanged file byte for byte")
      .argument("[agent...]", "agents to disconnect (default: all connected agents)")
      .option("--otel", "disable the OpenTelemetry receiver"),
    "{version, disconnected: [agent]}; with --otel [otel], or [] if it was not enabled",
  ).action(lazyAction(() => import("../commands/agents/disconnect.ts")));
  nexus
    .command("hook", { hidden: true })
    .description("filter an agent's hook payload from standard input; for systems without awk")
    .option("--agent <name>", "agent in whose settings the hook is")
    .allowExcessArguments()
    .action(lazyAction(() => import("../commands/hook.ts")));
  withExamples(
    withFilters(
      withPeriod(
        withCsv(
          withJson(
            agents
              .command("report")
              .description("show what agents did, what it cost, and how often their edits passed the next check")
              .option("--from-history", "read the files that agents keep instead; nothing is recorded or stored")
              .option("--by <grouping>", `with --from-history: group by ${historyGroupings.join(", ")} (default: day)`),
            `${answerShape}; firstTry: {groups: [{agent, model, checked, unchecked, firstTry: {rate, low, high, sample}, red, medianTries}], isCut}`,
          ),
        ),
      ),
    ),
    "nexus agents report",
    "nexus agents report --week --workspace this",
    "nexus agents report --from-history --by model",
  ).action(lazyAction(() => import("../commands/agents/report.ts")));
  withExamples(
    withJson(
      withImport(
        agents
          .command("import")
          .description("import the history that agents keep on disk; it stays on this machine")
          .argument("[agent...]", "agents to import (default: all whose history can be read)"),
      ),
      importedShape("agent"),
    ),
    "nexus agents import",
    "nexus agents import claude_code --preview",
    "nexus agents import --undo",
  ).action(lazyAction(() => import("../commands/agents/import.ts")));
  withJson(
    agents
      .command("test")
      .description("run an agent's hook and check that an event arrives")
      .argument("<agent>", "agent to test"),
    "{version, agent, ok, message}; message is null if the hook works",
  ).action(lazyAction(() => import("../commands/agents/test.ts")));
}
