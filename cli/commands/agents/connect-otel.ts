/** `nexus agents connect --otel`: opens the receiver for OpenTelemetry and prints what each agent needs; its settings stay as they are. */
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

interface Named {
  readonly name: AgentName;
  readonly setting: OtelSetting | null;
}

export async function connectOtel(names: readonly AgentName[], options: OtelOptions): Promise<void> {
  const receiverConfig = new ReceiverConfig(paths.receiverFile);
  const planned = await receiverConfig.planOpen();
  const settingsOf = (receiver: ReceiverSettings): readonly Named[] =>
    names.map((name) => ({ name, setting: otelSetting(name, receiver, receiverConfig.certificatePath) }));
  const settings = settingsOf(planned);
  if (settings.every(({ setting }) => setting === null)) {
    const others = agentNames.filter((name) => otelSetting(name, planned, "") !== null).join(", ");
    throw new UsageError(`${names.join(", ")} sends nothing from this machine. These do: ${others}.`);
  }
  if (!(await isAccepted(settings, options))) {
    print("Nothing was changed.");
    return;
  }
  const receiver = receiverConfig.enable(planned);
  show(settingsOf(receiver), receiver, receiverConfig.certificatePath, options.json);
}

/** Shows what remains possible before the yes. @throws UsageError where it must be accepted first. */
async function isAccepted(settings: readonly Named[], { yes, json, acceptRisk }: OtelOptions): Promise<boolean> {
  const risky = settings.filter(({ setting }) => setting?.risk != null);
  const risks = risky.map(({ setting }) => setting?.risk).join("\n");
  if (risky.length > 0 && hasOtherLoginUsers() && !acceptRisk) {
    throw new UsageError(
      `${risks}\nOther users can log in to this machine, so ${risky.map(({ name }) => name).join(", ")} is not set up. To accept this: --accept-risk`,
    );
  }
  if (!json) {
    if (risks !== "") print(risks);
    print(
      "The receiver listens on 127.0.0.1 while a window of the editor is open. Agents export e-mail addresses and account names with each record; of these nothing is kept, and another program on the port receives nothing, because it lacks the certificate's key.",
    );
  }
  if (yes || json || !isAttended()) return true;
  return confirmed("\nOpen the receiver?");
}

function show(settings: readonly Named[], { port }: ReceiverSettings, certificate: string, json: boolean): void {
  if (json) {
    const agents = settings.map(({ name, setting }) => ({ name, ...setting }));
    printJson({ version: 2, port, certificate, agents });
    return;
  }
  for (const { name, setting } of settings) {
    if (setting === null) print(`\n${name} sends nothing from this machine.`);
    else print(`\n${setting.file}\n\n${setting.lines.map((line) => `  ${line}`).join("\n")}`);
  }
  print(`\nOpenTelemetry is received on https://127.0.0.1:${port} while recording is on.`);
  print("Only names, times, outcomes and counts of tokens are kept. nexus agents disconnect --otel ends it.");
}
