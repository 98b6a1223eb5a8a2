/** `nexus agents list`: agents with their connection, last event and coverage of tool calls. */
import { ReceiverConfig } from "../../../server/ingest/receiver/receiver-config.ts";
import { agentNames, sourcesOf } from "../../../shared/protocol/agents.ts";
import type { AgentCoverage } from "../../../shared/protocol/reports.ts";
import { coverageOf } from "../../../shared/text/coverage.ts";
import { countText, dateTimeText } from "../../../shared/text/format.ts";
import { withConnections } from "../../agents.ts";
import { type JsonOption, print, printJson } from "../../output/print.ts";
import { paths, withFreshReader } from "../../runtime.ts";

const nameWidth = Math.max(...agentNames.map((name) => name.length));

export async function run({ json }: JsonOption): Promise<void> {
  const { seen, coverage } = await withFreshReader((reader) => ({
    seen: reader.agentsSeen(),
    coverage: reader.toolCalls({ period: "month" }).coverage,
  }));
  const agents = await withConnections((connections) => connections.list(seen));
  const receiverConfig = new ReceiverConfig(paths.receiverFile);
  const receiver = receiverConfig.read();
  if (json === true) {
    printJson({ version: 2, agents, otel: receiver === undefined ? null : { port: receiver.port } });
    return;
  }
  for (const { name, title, file, installed, connected, outdated, blockedBy, lastEventMs, approval } of agents) {
    const state = connected
      ? approval === null
        ? "connected"
        : "waiting"
      : installed
        ? "not connected"
        : "not installed";
    print(`${name.padEnd(nameWidth)} ${state.padEnd(14)} ${title}: ${file}`);
    const indent = " ".repeat(nameWidth + 1);
    if (outdated)
      print(`${indent}outdated: uses an entry of an earlier version; to replace it: nexus agents update ${name}`);
    if (approval !== null) print(`${indent}${approval}`);
    if (blockedBy !== null) print(`${indent}${blockedBy}`);
    if (lastEventMs !== null) print(`${indent}last event: ${dateTimeText(lastEventMs)}`);
    for (const agent of coverage.filter(({ source }) => sourcesOf[name].some((known) => known === source)))
      print(`${indent}${coverageText(agent)}`);
  }
  if (receiver !== undefined) print(`\nOpenTelemetry receiver: https://127.0.0.1:${receiver.port}`);
  else if (receiverConfig.outdatedNote !== undefined) print(`\n${receiverConfig.outdatedNote}`);
  if (agents.some(({ installed, connected }) => installed && !connected))
    print("\nTo connect installed agents: nexus agents connect");
}

function coverageText(agent: AgentCoverage): string {
  const { outcome, duration } = coverageOf(agent);
  return `${countText(agent.ended, "call")} in 30 days; ${outcome} with outcome, ${duration} with duration`;
}
