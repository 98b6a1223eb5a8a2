/** `nexus uninstall`: removes hooks, data, decisions and settings of this product, and shows that nothing is left. */
import { displayedNotice } from "../../server/config/consent-log.ts";
import { homeFolder } from "../../server/config/home.ts";
import { ReceiverConfig } from "../../server/ingest/receiver/receiver-config.ts";
import { installedExtensions } from "../../server/removal/editors.ts";
import {
  completionLines,
  foreignFiles,
  ownFiles,
  type Remaining,
  removeFiles,
} from "../../server/removal/own-files.ts";
import { immediately } from "../../server/store/driver/driver.ts";
import { PseudonymFile } from "../../server/upload/state/pseudonyms.ts";
import type { TelemetryCore } from "../../server/worker/core.ts";
import type { TelemetryService } from "../../server/worker/service.ts";
import { withdrawal } from "../../shared/consent/withdrawal.ts";
import type { AgentStatus } from "../../shared/protocol/agents.ts";
import { textOf } from "../../shared/protocol/message.ts";
import { countText, sizeText } from "../../shared/text/format.ts";
import { proofMessage } from "../../shared/text/sentences.ts";
import { disconnectEach, withConnections } from "../agents.ts";
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

/** Everything that could prevent the removal is checked before anything is changed. */
export async function run(options: UninstallOptions): Promise<void> {
  const { json = false } = options;
  const agents = await connectedAgents();
  const receiver = new ReceiverConfig(paths.receiverFile).read() !== undefined;
  const removal = await withService(async (service, core) => {
    const { database, databasePath, problem } = service.reader.status();
    // A damaged database of ours goes too.
    const isDamaged = problem?.kind === "storage_failing" && databasePath === paths.ownDatabase;
    if (problem !== null && !isDamaged) throw new ReportedError(`${textOf(problem.message)}\nNothing was removed.`);
    if (!isDamaged && !service.reader.isOwnDatabase())
      throw new ReportedError(
        `${databasePath} has tables of another program, or none of ours. Unset db_path or NEXUS_TELEMETRY_PATH, which name it, and run nexus uninstall again. Nothing was removed.`,
      );
    const files = ownFiles(paths, databasePath);
    if (files.length === 0 && agents.length === 0) return undefined;
    if (options.leaveShared !== true) refuseIfShared();
    if (!json)
      print(
        definitionList([
          ["Hooks to remove", agents.map(({ title, file }) => `${title} (${file})`).join("\n") || "none"],
          ["Events to delete", countText(database?.events ?? 0, "event")],
          ["Files to delete", files.join("\n") || "none"],
        ]),
      );
    if (options.yes !== true && !(await isSure())) return null;
    refuseIfLocked(core);
    await disconnect(agents);
    if (receiver) new ReceiverConfig(paths.receiverFile).disable();
    // Open windows stop recording and sending before the files go.
    stopRecording(service);
    if (options.leaveShared !== true) refuseIfShared();
    return { database: databasePath, erased: service.purge() };
  });
  if (removal === null) return;
  if (removal === undefined) {
    if (json) printJson({ version: 1, removed: [], disconnected: [], events: 0, searched: 0, remaining: [] });
    else {
      print("Nexus Telemetry has no hooks, data or settings on this machine.");
      printOwnLines(false);
    }
    return;
  }
  const files = ownFiles(paths, removal.database);
  const remaining = removeFiles(files, paths);
  const names = agents.map(({ name }) => name);
  if (json) {
    const { events, searched } = removal.erased;
    const kept = keptFiles(remaining);
    printJson({ version: 1, removed: files, disconnected: names, events, searched, remaining, kept });
  } else printResult(removal.erased, names, remaining, receiver);
  if (remaining.length > 0)
    throw new ReportedError(
      `Still there: ${remaining.map(({ file, reason }) => `${file} (${reason})`).join(", ")}. Close all editors and run nexus uninstall again.`,
    );
}

/** @throws ReportedError for settings that cannot be read, or a hook in a folder that is not the agent's any more. */
async function connectedAgents(): Promise<readonly AgentStatus[]> {
  return withConnections((connections) => {
    const elsewhere = connections.connectedElsewhere();
    if (elsewhere.length > 0)
      throw new ReportedError(
        `These files have our hook, and were connected with another setting of the agent's folder: ${elsewhere.join(", ")}. Set its variable (such as CLAUDE_CONFIG_DIR) and run nexus uninstall again, or remove the hook there. Nothing was removed.`,
      );
    return connections.list().filter(({ name }) => connections.configured(name).length > 0);
  });
}

/** Also moves a damaged database of ours aside, which is deleted with the others. @throws ReportedError, changing nothing. */
function refuseIfLocked(core: TelemetryCore): void {
  const store = core.locatedStore();
  if (store.file !== paths.ownDatabase) return;
  try {
    store.withExistingDatabase((connection) => immediately(connection, () => undefined));
  } catch (error) {
    throw new ReportedError(`${core.explain(error)}\nNothing was removed.`);
  }
}

/** The keys for erasing shared data are among the files. @throws ReportedError, PseudonymFileError. */
function refuseIfShared(): void {
  const { identities } = new PseudonymFile(paths.installationFile).read();
  if (identities.every(({ destinations }) => destinations.length === 0)) return;
  throw new ReportedError(
    "You shared data with a server, and the keys to erase it there are removed too. First run: nexus telemetry erase-remote. To leave the shared data there: nexus uninstall --leave-shared",
  );
}

async function isSure(): Promise<boolean> {
  if (!isAttended()) throw new UsageError("Not a terminal: use --yes.");
  print("\nTo keep a copy of the data, first run: nexus export");
  if (await confirmed("Remove all of this?")) return true;
  print("Nothing was removed.");
  return false;
}

/** Before anything is deleted: a hook without its script would fail. @throws ReportedError */
async function disconnect(agents: readonly AgentStatus[]): Promise<void> {
  const names = agents.map(({ name }) => name);
  const problems = await withConnections((connections) => disconnectEach(connections, names));
  if (problems.length > 0)
    throw new ReportedError(
      `${problems.join("\n")}\nHooks of other agents were removed; the data was not deleted. Fix this and run nexus uninstall again.`,
    );
}

function stopRecording(service: TelemetryService): void {
  if (service.reader.permission().consent !== "given") return;
  service.giveConsent({ ...withdrawal, via: "terminal", notice: displayedNotice });
}

function printResult(
  erased: Erased,
  disconnected: readonly string[],
  remaining: readonly Remaining[],
  receiver: boolean,
): void {
  // Copies that were set aside are among the removed files.
  const proof = proofMessage(erased.searched, []);
  print(`\nDeleted ${countText(erased.events, "event")}. Freed ${sizeText(erased.freedBytes)}.`);
  if (proof !== null) print(textOf(proof));
  if (disconnected.length > 0) print(`Hooks removed: ${disconnected.join(", ")}.`);
  if (remaining.length === 0) print("None of these files and folders exists any more.");
  for (const file of keptFiles(remaining)) print(`Not created by Nexus, kept: ${file}`);
  printOwnLines(receiver);
}

const keptFiles = (remaining: readonly Remaining[]): readonly string[] =>
  foreignFiles(paths).filter((file) => !remaining.some((one) => one.file === file));

/** What only the user can remove. */
function printOwnLines(receiver: boolean): void {
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
