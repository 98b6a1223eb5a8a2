/** `nexus agents connect`: shows the exact change of an agent's settings, and makes it after a yes. */
import { styleText } from "node:util";
import type { Change } from "../../../server/agents/connections.ts";
import { agentsNamed, withConnections } from "../../agents.ts";
import { UsageError } from "../../exit.ts";
import { type JsonOption, print, printJson } from "../../print.ts";
import { confirmed, isAttended, isPlain } from "../../terminal.ts";

interface ConnectOptions extends JsonOption {
  readonly yes?: boolean;
}

export async function run(given: readonly string[], { yes, json }: ConnectOptions): Promise<void> {
  const connected: string[] = [];
  for (const { title, change } of planned(given)) {
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
    withConnections((connections) => connections.connect(change));
    connected.push(change.agent.name);
    if (json !== true) print(`${title} is connected. nexus agents disconnect ${change.agent.name} takes it out again.`);
  }
  if (json === true) printJson({ version: 1, connected });
}

function planned(given: readonly string[]): readonly { readonly title: string; readonly change: Change | undefined }[] {
  return withConnections((connections) => {
    const standings = connections.list();
    const found = standings.filter((one) => one.found).map(({ name }) => name);
    const names = agentsNamed(given, found);
    if (names.length === 0) throw new UsageError("No agent was found. Name one: nexus agents list shows them.");
    return names.map((name) => ({
      title: standings.find((one) => one.name === name)?.title ?? name,
      change: connections.planConnect(name),
    }));
  });
}

/** The lines that are new; the others stay as they are, to the byte. */
function show(title: string, change: Change): void {
  print(`${title}: ${change.agent.file} ${change.before === null ? "is made" : "gets"}`);
  for (const line of change.lines) {
    const added = `  + ${line}`;
    print(isPlain() ? added : styleText("green", added, { stream: process.stdout }));
  }
}
