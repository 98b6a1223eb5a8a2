/** `nexus agents connect`: shows the exact change of an agent's settings, and makes it after a yes; or what to set for OpenTelemetry. */
import { styleText } from "node:util";
import type { Change, Connections } from "../../../server/agents/connections.ts";
import { otelSetting } from "../../../server/agents/otel.ts";
import { DoorFile } from "../../../server/doors/door-file.ts";
import { type AgentName, agentNames } from "../../../shared/agents.ts";
import { agentsNamed, withConnections } from "../../agents.ts";
import { UsageError } from "../../exit.ts";
import { type JsonOption, print, printJson } from "../../print.ts";
import { paths } from "../../product.ts";
import { confirmed, isAttended, isPlain } from "../../terminal.ts";

interface ConnectOptions extends JsonOption {
  readonly yes?: boolean;
  readonly http?: boolean;
  readonly otel?: boolean;
}

export async function run(
  given: readonly string[],
  { yes, json, http = false, otel = false }: ConnectOptions,
): Promise<void> {
  if (http && otel) throw new UsageError("--http and --otel are two ways; give one of them.");
  if (otel) return openForOtel(given, json === true);
  const connected: string[] = [];
  for (const { title, change } of await planned(given, http)) {
    if (change === undefined) {
      if (json !== true) print(`${title} is connected already.`);
      continue;
    }
    if (json !== true) show(title, change);
    if (yes !== true) {
      if (!isAttended()) throw new UsageError("There is no terminal to ask on. Use --yes.");
      if (!(await confirmed("\nMake this change?"))) {
        print("Nothing was changed.");
        continue;
      }
    }
    await withConnections((connections) => connections.connect(change));
    connected.push(change.agent.name);
    if (json !== true) print(`${title} is connected. nexus agents disconnect ${change.agent.name} takes it out again.`);
  }
  if (json === true) printJson({ version: 1, connected });
}

interface Planned {
  readonly title: string;
  readonly change: Change | undefined;
}

function planned(given: readonly string[], http: boolean): Promise<readonly Planned[]> {
  return withConnections(async (connections) => {
    const names = chosen(connections, given);
    const plans: Planned[] = [];
    for (const name of names) {
      const change = http ? await connections.planPosting(name) : connections.planConnect(name);
      plans.push({ title: connections.titleOf(name), change });
    }
    return plans;
  });
}

/** @throws UsageError where none is named, and none is found. */
function chosen(connections: Connections, given: readonly string[]): readonly AgentName[] {
  const found = connections
    .list()
    .filter((one) => one.found)
    .map(({ name }) => name);
  const names = agentsNamed(given, found);
  if (names.length === 0) throw new UsageError("No agent was found. Name one: nexus agents list shows them.");
  return names;
}

/** Opens the door for OpenTelemetry, and prints what each agent needs; nothing of it is written for the user. */
async function openForOtel(given: readonly string[], json: boolean): Promise<void> {
  const names = await withConnections((connections) => chosen(connections, given));
  const doors = new DoorFile(paths.doorFile);
  const door = await doors.planOpen("otlp");
  const settings = names.map((name) => ({ name, setting: otelSetting(name, door) }));
  if (settings.every(({ setting }) => setting === null)) {
    const others = agentNames.filter((name) => otelSetting(name, door) !== null).join(", ");
    throw new UsageError(`${names.join(", ")} sends nothing from this machine. These do: ${others}.`);
  }
  doors.open(door);
  if (json) {
    printJson({ version: 1, port: door.port, agents: settings.map(({ name, setting }) => ({ name, ...setting })) });
    return;
  }
  for (const { name, setting } of settings) {
    if (setting === null) print(`${name} sends nothing from this machine.\n`);
    else print(`${setting.where}\n\n${setting.lines.map((line) => `  ${line}`).join("\n")}\n`);
  }
  print(
    `OpenTelemetry is taken in on 127.0.0.1:${door.port} while a window of the editor is open and recording is on.`,
  );
  print("Only names, times, outcomes and counts of tokens are kept. nexus agents disconnect --otel closes it.");
}

/** The lines that are new; the others stay as they are, to the byte. */
function show(title: string, change: Change): void {
  print(`${title}: ${change.agent.file} ${change.before === null ? "is made" : "gets"}`);
  for (const line of change.lines) {
    const added = `  + ${line}`;
    print(isPlain() ? added : styleText("green", added, { stream: process.stdout }));
  }
  if (change.door === null) return;
  print(
    "\nThe line with Authorization holds a secret of this machine: whoever has it can tell of tools here, and read nothing.",
  );
  print("It is heard while a window of the editor is open; payloads over 64 KB are turned away.");
}
