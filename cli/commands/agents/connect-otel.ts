/**
 * `nexus agents connect --otel`: enables the OpenTelemetry receiver and prints the settings that
 * each agent needs. Never changes an agent's settings.
 */
import { hasOtherLoginUsers } from "../../../server/agents/login-users.ts";
import { type OtelSetting, otelSetting } from "../../../server/agents/otel.ts";
import { ReceiverConfig, type ReceiverSettings } from "../../../server/ingest/receiver/receiver-config.ts";
import { type AgentName, agentNames } from "../../../shared/protocol/agents.ts";
import { UsageError } from "../../exit.ts";
import { print, printJson } from "../../output/print.ts";
import { confirmed, isAttended } from "../../output/terminal.ts";
import { paths } from "../../runtime.ts";

interface OtelOptions {
  readonly yes: boolean;
  readonly json: boolean;
  readonly acceptRisk: boolean;
}

interface AgentSetting {
  readonly name: AgentName;
  readonly setting: OtelSetting | null;
}

export async function connectOtel(names: readonly AgentName[], options: OtelOptions): Promise<void> {
  const receiverConfig = new ReceiverConfig(paths.receiverFile);
  const planned = await receiverConfig.planOpen();
  const settingsOf = (receiver: ReceiverSettings): readonly AgentSetting[] =>
    names.map((name) => ({ name, setting: otelSetting(name, receiver, receiverConfig.certificatePath) }));
  const settings = settingsOf(planned);
  if (settings.every(({ setting }) => setting === null)) {
    const others = agentNames.filter((name) => otelSetting(name, planned, "") !== null).join(", ");
    throw new UsageError(`No OpenTelemetry export from this machine: ${names.join(", ")}. Valid values: ${others}.`);
  }
  if (!(await isAccepted(settings, options))) {
    print("Nothing was changed.");
    return;
  }
  const receiver = receiverConfig.enable(planned);
  show(settingsOf(receiver), receiver, receiverConfig.certificatePath, options.json);
}

/** Shows the risks and asks for confirmation. @throws UsageError without `--accept-risk` */
async function isAccepted(settings: readonly AgentSetting[], { yes, json, acceptRisk }: OtelOptions): Promise<boolean> {
  const risky = settings.filter(({ setting }) => setting?.risk != null);
  const risks = risky.map(({ setting }) => setting?.risk).join("\n");
  if (risky.length > 0 && hasOtherLoginUsers() && !acceptRisk) {
    throw new UsageError(
      `${risks}\nNot set up: ${risky.map(({ name }) => name).join(", ")}, because other users can log in to this machine. To accept the risk: --accept-risk`,
    );
  }
  if (!json) {
    if (risks !== "") print(risks);
    print(
      "The receiver listens on 127.0.0.1 while a VS Code window is open. Agents export email addresses and account names with each record; the receiver discards them. Another program on the port receives nothing, because it does not have the certificate's key.",
    );
  }
  if (yes || json || !isAttended()) return true;
  return confirmed("\nEnable the receiver?");
}

function show(settings: readonly AgentSetting[], { port }: ReceiverSettings, certificate: string, json: boolean): void {
  if (json) {
    const agents = settings.map(({ name, setting }) => ({ name, ...setting }));
    printJson({ version: 2, port, certificate, agents });
    return;
  }
  for (const { name, setting } of settings) {
    if (setting === null) print(`\n${name} does not export OpenTelemetry from this machine.`);
    else print(`\n${setting.file}\n\n${setting.lines.map((line) => `  ${line}`).join("\n")}`);
  }
  print(`\nOpenTelemetry receiver: https://127.0.0.1:${port} (while a VS Code window is open and recording is on)`);
  print("Stores only names, times, outcomes and token counts. To disable: nexus agents disconnect --otel");
}
