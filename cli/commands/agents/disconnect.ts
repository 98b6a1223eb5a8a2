/**
 * `nexus agents disconnect`: removes the hook from an agent's settings, or disables the
 * OpenTelemetry receiver.
 */
import { SettingsError } from "../../../server/agents/settings.ts";
import { ReceiverConfig } from "../../../server/ingest/receiver/receiver-config.ts";
import { agentsNamed, withConnections } from "../../agents.ts";
import { exitCodes, UsageError } from "../../exit.ts";
import { type JsonOption, print, printError, printJson } from "../../output/print.ts";
import { paths } from "../../runtime.ts";

interface DisconnectOptions extends JsonOption {
  readonly otel?: boolean;
}

export async function run(names: readonly string[], { json, otel = false }: DisconnectOptions): Promise<void> {
  if (otel) {
    if (names.length > 0) throw new UsageError("--otel disables the receiver for all agents. Do not name an agent.");
    disableReceiver(json === true);
    return;
  }
  const problems: string[] = [];
  const disconnected = await withConnections((connections) => {
    const connected = connections
      .list()
      .filter((agent) => agent.connected)
      .map(({ name }) => name);
    return agentsNamed(names, connected).filter((name) => {
      try {
        return connections.disconnect(name);
      } catch (error) {
        // The others are disconnected all the same.
        if (!(error instanceof SettingsError)) throw error;
        problems.push(error.message);
        return false;
      }
    });
  });
  if (json === true) printJson({ version: 1, disconnected });
  else if (disconnected.length > 0) print(`Disconnected: ${disconnected.join(", ")}.`);
  else if (problems.length === 0) print("No agent was connected.");
  for (const problem of problems) printError(problem);
  if (problems.length > 0) process.exitCode = exitCodes.failed;
}

function disableReceiver(json: boolean): void {
  const receiverConfig = new ReceiverConfig(paths.receiverFile);
  const wasEnabled = receiverConfig.read() !== undefined;
  receiverConfig.disable();
  if (json) printJson({ version: 1, disconnected: wasEnabled ? ["otel"] : [] });
  else if (wasEnabled) print("OpenTelemetry receiver disabled. Remove the settings that you added to the agents.");
  else print("The OpenTelemetry receiver was not enabled.");
}
