/** `nexus agents list`: which agents are here, which tell of their tools, when they last did, and how much of it is seen. */
import { ReceiverConfig } from "../../../server/ingest/receiver/receiver-config.ts";
import { sourcesOf } from "../../../shared/protocol/agents.ts";
import type { AgentCoverage } from "../../../shared/protocol/reports.ts";
import { coverageOf } from "../../../shared/text/coverage.ts";
import { countText } from "../../../shared/text/format.ts";
import { withConnections } from "../../agents.ts";
import { type JsonOption, print, printJson, timeText } from "../../output/print.ts";
import { paths, withFreshReader } from "../../runtime.ts";

export async function run({ json }: JsonOption): Promise<void> {
  const { seen, hosts } = await withFreshReader((observer) => ({
    seen: observer.agentsSeen(),
    hosts: observer.toolCalls({ period: "month" }).coverage,
  }));
  const agents = await withConnections((connections) => connections.list(seen));
  const receiverConfig = new ReceiverConfig(paths.receiverFile);
  const receiver = receiverConfig.read();
  if (json === true) {
    printJson({ version: 2, agents, otel: receiver === undefined ? null : { port: receiver.port } });
    return;
  }
  for (const { name, title, file, installed, connected, outdated, blockedBy, lastEventMs } of agents) {
    const state = connected ? "connected" : installed ? "not connected" : "not found";
    print(`${name.padEnd(12)} ${state.padEnd(14)} ${title}: ${file}`);
    const indent = " ".repeat(13);
    if (outdated) print(`${indent}by an entry of an earlier version; nexus agents connect ${name} replaces it`);
    if (blockedBy !== null) print(`${indent}${blockedBy}`);
    if (lastEventMs !== null) print(`${indent}last told of something ${timeText(lastEventMs)}`);
    for (const host of hosts.filter(({ source }) => sourcesOf[name].some((one) => one === source)))
      print(`${indent}${coverageText(host)}`);
  }
  if (receiver !== undefined) print(`\nOpenTelemetry is received on https://127.0.0.1:${receiver.port}.`);
  else if (receiverConfig.outdatedNote !== undefined) print(`\n${receiverConfig.outdatedNote}`);
  if (agents.some(({ installed, connected }) => installed && !connected))
    print("\nnexus agents connect connects those that were found.");
}

function coverageText(host: AgentCoverage): string {
  const { outcome, duration } = coverageOf(host);
  return `${countText(host.ended, "use", "uses")} in 30 days; outcome known of ${outcome}, duration of ${duration}`;
}
