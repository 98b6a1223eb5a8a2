/** `nexus agents disconnect`: takes our hook out of an agent's settings; where nothing else was changed since, to the byte. */
import { ReceiverConfig } from "../../../server/ingest/receiver/receiver-config.ts";
import { agentsNamed, withConnections } from "../../agents.ts";
import { UsageError } from "../../exit.ts";
import { type JsonOption, print, printJson } from "../../output/print.ts";
import { paths } from "../../runtime.ts";

interface DisconnectOptions extends JsonOption {
  readonly otel?: boolean;
}

export async function run(given: readonly string[], { json, otel = false }: DisconnectOptions): Promise<void> {
  if (otel) {
    if (given.length > 0) throw new UsageError("--otel ends the receiver for all agents; name none.");
    closeForOtel(json === true);
    return;
  }
  const disconnected = await withConnections((connections) => {
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

function closeForOtel(json: boolean): void {
  const receiverConfig = new ReceiverConfig(paths.receiverFile);
  const wasOpen = receiverConfig.read() !== undefined;
  receiverConfig.disable();
  if (json) printJson({ version: 1, disconnected: wasOpen ? ["otel"] : [] });
  else if (wasOpen) print("OpenTelemetry is not received any more. Take out what you put into the agents' settings.");
  else print("OpenTelemetry was not received.");
}
