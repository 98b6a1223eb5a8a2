/** `nexus uninstall`: removes hooks, data, decisions and settings of this product, and shows that nothing is left. */
import { existsSync } from "node:fs";
import { SettingsError } from "../../server/agents/settings.ts";
import { displayedNotice } from "../../server/config/consent-log.ts";
import { homeFolder } from "../../server/config/home.ts";
import { ReceiverConfig } from "../../server/ingest/receiver/receiver-config.ts";
import { installedExtensions } from "../../server/removal/editors.ts";
import { completionLines, foreignFiles, ownFiles, removeFiles } from "../../server/removal/own-files.ts";
import type { TelemetryService } from "../../server/worker/service.ts";
import { textOf } from "../../shared/protocol/message.ts";
import { countText, sizeText } from "../../shared/text/format.ts";
import { proofMessage } from "../../shared/text/sentences.ts";
import { withConnections } from "../agents.ts";
import { ReportedError, UsageError } from "../exit.ts";
import { definitionList, type JsonOption, print, printJson } from "../output/print.ts";
import { confirmed, isAttended } from "../output/terminal.ts";
import { paths, withService } from "../runtime.ts";

interface UninstallOptions extends JsonOption {
  readonly yes?: boolean;
  readonly leaveShared?: boolean;
}

/** What was erased, as the purge proved it. */
type Erased = Pick<ReturnType<TelemetryService["purge"]>, "events" | "freedBytes" | "searched">;

export async function run(options: UninstallOptions): Promise<void> {
  const { json = false } = options;
  const { agents, receiver } = await connectedAgents();
  const removal = await withService(async (service) => {
    const { database, databasePath, sharing } = service.reader.status();
    const files = ownFiles(paths, databasePath);
    if (files.length === 0 && agents.length === 0) return undefined;
    if ((sharing?.sharedWith ?? 0) > 0 && options.leaveShared !== true)
      throw new ReportedError(
        "You shared data with a server, and the keys to erase it there are removed too. First run: nexus telemetry erase-remote. To leave the shared data there: nexus uninstall --leave-shared",
      );
    if (!json)
      print(
        definitionList([
          ["Hooks to remove", agents.map(({ title, file }) => `${title} (${file})`).join("\n") || "none"],
          ["Events to delete", countText(database?.events ?? 0, "event")],
          ["Files to delete", files.join("\n") || "none"],
        ]),
      );
    if (options.yes !== true && !(await isSure())) return null;
    await disconnect(agents.map(({ name }) => name));
    if (receiver) new ReceiverConfig(paths.receiverFile).disable();
    // Open windows stop recording before the files go.
    stopRecording(service);
    return { files, erased: service.purge() };
  });
  if (removal === null) return;
  if (removal === undefined) {
    if (json) printJson({ version: 1, removed: [], disconnected: [], events: 0, searched: 0, remaining: [] });
    else print("Nexus Telemetry has no hooks, data or settings on this machine.");
    printOwnLines(json, false);
    return;
  }
  finish(
    removal.files,
    removal.erased,
    agents.map(({ name }) => name),
    receiver,
    json,
  );
}

async function connectedAgents() {
  return {
    agents: await withConnections((connections) => connections.list().filter(({ connected }) => connected)),
    receiver: new ReceiverConfig(paths.receiverFile).read() !== undefined,
  };
}

async function isSure(): Promise<boolean> {
  if (!isAttended()) throw new UsageError("Not a terminal: use --yes.");
  print("\nTo keep a copy of the data, first run: nexus export");
  if (await confirmed("Remove all of this?")) return true;
  print("Nothing was removed.");
  return false;
}

/** Before anything is deleted: a hook without its script would fail. @throws ReportedError */
async function disconnect(names: readonly string[]): Promise<void> {
  const problems: string[] = [];
  await withConnections((connections) => {
    for (const { name, connected } of connections.list()) {
      if (!connected || !names.includes(name)) continue;
      try {
        connections.disconnect(name);
      } catch (error) {
        if (!(error instanceof SettingsError)) throw error;
        problems.push(error.message);
      }
    }
  });
  if (problems.length > 0)
    throw new ReportedError(
      `${problems.join("\n")}\nThe data was not deleted. Fix this and run nexus uninstall again.`,
    );
}

function stopRecording(service: TelemetryService): void {
  if (service.reader.permission().consent !== "given") return;
  service.giveConsent({
    mode: "off",
    collect: [],
    share: [],
    destination: null,
    automatic: false,
    schema: 1,
    earlierEvents: false,
    via: "terminal",
    notice: displayedNotice,
  });
}

function finish(
  files: readonly string[],
  erased: Erased,
  disconnected: readonly string[],
  receiver: boolean,
  json: boolean,
): void {
  removeFiles(files, paths);
  const remaining = files.filter((file) => existsSync(file));
  if (json) {
    const { events, searched } = erased;
    printJson({ version: 1, removed: files, disconnected, events, searched, remaining });
  } else {
    // Copies that were set aside are among the removed files.
    const proof = proofMessage(erased.searched, []);
    print(`\nDeleted ${countText(erased.events, "event")}. Freed ${sizeText(erased.freedBytes)}.`);
    if (proof !== null && erased.searched > 0) print(textOf(proof));
    if (disconnected.length > 0) print(`Hooks removed: ${disconnected.join(", ")}.`);
    if (remaining.length === 0) print("None of these files and folders exists any more.");
    for (const file of foreignFiles(paths)) print(`Not created by Nexus, kept: ${file}`);
  }
  printOwnLines(json, receiver);
  if (remaining.length > 0)
    throw new ReportedError(`Still there: ${remaining.join(", ")}. Close all editors and run nexus uninstall again.`);
}

/** What only the user can remove. */
function printOwnLines(json: boolean, receiver: boolean): void {
  if (json) return;
  const home = homeFolder();
  for (const { file, line } of completionLines(home))
    print(`Remove the line for completions yourself: ${file}:${line}`);
  if (receiver)
    print("Remove the OpenTelemetry settings that you added to agents (printed by nexus agents connect --otel).");
  const extensions = installedExtensions(home);
  for (const folder of extensions) print(`The extension is installed: ${folder}`);
  if (extensions.length > 0) print("To remove it: Extensions view of the editor, Nexus Telemetry, Uninstall.");
  print("To remove the command: npm uninstall --global nexus-telemetry; Python: pip uninstall nexus-telemetry");
}
