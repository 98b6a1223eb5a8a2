/** `nexus agents disconnect`: takes our hook out of an agent's settings; where nothing else was changed since, to the byte. */
import { agentsNamed, withConnections } from "../../agents.ts";
import { type JsonOption, print, printJson } from "../../print.ts";

export function run(given: readonly string[], { json }: JsonOption): void {
  const disconnected = withConnections((connections) => {
    const connected = connections
      .list()
      .filter((one) => one.connected)
      .map(({ name }) => name);
    return agentsNamed(given, connected).filter((name) => connections.disconnect(name));
  });
  if (json === true) printJson({ version: 1, disconnected });
  else if (disconnected.length === 0) print("None of them was connected.");
  else print(`Disconnected: ${disconnected.join(", ")}.`);
}
