/** `nexus agents connect`: shows the exact change of an agent's settings, and makes it after a yes; or what to set for OpenTelemetry. */
import type { Connections, SettingsChange } from "../../../server/agents/connections.ts";
import type { AgentName } from "../../../shared/protocol/agents.ts";
import { agentsNamed, withConnections } from "../../agents.ts";
import { UsageError } from "../../exit.ts";
import { type JsonOption, print, printJson } from "../../output/print.ts";
import { confirmed, isAttended, styled } from "../../output/terminal.ts";
import { connectOtel } from "./connect-otel.ts";

interface ConnectOptions extends JsonOption {
  readonly yes?: boolean;
  readonly otel?: boolean;
  readonly acceptRisk?: boolean;
}

export async function run(
  given: readonly string[],
  { yes = false, json = false, otel = false, acceptRisk = false }: ConnectOptions,
): Promise<void> {
  if (otel) {
    const names = await withConnections((connections) => chosen(connections, given));
    return connectOtel(names, { yes, json, acceptRisk });
  }
  const connected: string[] = [];
  for (const { title, change } of await planned(given)) {
    if (change === undefined) {
      if (!json) print(`${title} is connected already.`);
      continue;
    }
    if (!json) show(title, change);
    if (!yes) {
      if (!isAttended()) throw new UsageError("There is no terminal to ask on. Use --yes.");
      if (!(await confirmed("\nMake this change?"))) {
        print("Nothing was changed.");
        continue;
      }
    }
    await withConnections((connections) => connections.connect(change));
    connected.push(change.agent.name);
    if (!json) print(`${title} is connected. nexus agents disconnect ${change.agent.name} takes it out again.`);
  }
  if (json) printJson({ version: 1, connected });
}

interface Planned {
  readonly title: string;
  readonly change: SettingsChange | undefined;
}

function planned(given: readonly string[]): Promise<readonly Planned[]> {
  return withConnections((connections) =>
    chosen(connections, given).map((name) => ({
      title: connections.titleOf(name),
      change: connections.planConnect(name),
    })),
  );
}

/** @throws UsageError where none is named, and none is found. */
function chosen(connections: Connections, given: readonly string[]): readonly AgentName[] {
  const found = connections
    .list()
    .filter((one) => one.installed)
    .map(({ name }) => name);
  const names = agentsNamed(given, found);
  if (names.length === 0) throw new UsageError("No agent was found. Name one: nexus agents list shows them.");
  return names;
}

/** The lines that are new and those that go; the others stay as they are, to the byte. */
function show(title: string, { agent, before, lines, removed }: SettingsChange): void {
  print(`${title}: ${agent.file} ${before === null ? "is made" : "gets"}`);
  for (const line of removed) print(styled("red", `  - ${line}`));
  for (const line of lines) print(styled("green", `  + ${line}`));
}
