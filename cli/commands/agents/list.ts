/** `nexus agents list`: which agents are here, and which of them tell of their tools. */
import { withConnections } from "../../agents.ts";
import { type JsonOption, print, printJson } from "../../print.ts";

export function run({ json }: JsonOption): void {
  const agents = withConnections((connections) => connections.list());
  if (json === true) {
    printJson({ version: 1, agents });
    return;
  }
  for (const { name, title, file, found, connected, forbidden } of agents) {
    const state = connected ? "connected" : found ? "not connected" : "not found";
    print(`${name.padEnd(12)} ${state.padEnd(14)} ${title}: ${file}`);
    if (forbidden !== null) print(`${" ".repeat(13)}${forbidden}`);
  }
  if (agents.some(({ found, connected }) => found && !connected))
    print("\nnexus agents connect connects those that were found.");
}
