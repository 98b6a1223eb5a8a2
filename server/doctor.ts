/**
 * What recording and sharing need, looked at one by one: `nexus doctor`. Looks and changes nothing. A connection is made only
 * where the user shares, and nothing is sent over it.
 */
import { accessSync, constants, existsSync, lstatSync, readdirSync, readFileSync, statfsSync, statSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import type { Status } from "../shared/protocol/worker.ts";
import { modeSentence, refusalSentence, sizeText } from "../shared/text/format.ts";
import { parseConfig, policyRefusals } from "./config/config.ts";
import type { Paths } from "./config/paths.ts";
import { type LeftoverReason, Leftovers, leftoverReasons } from "./ingest/leftovers.ts";

export interface DoctorCheck {
  readonly name: string;
  readonly status: "ok" | "warning" | "error";
  readonly message: string;
  /** What to do, where there is something. */
  readonly advice?: string;
}

const okCheck = (name: string, message: string): DoctorCheck => ({ name, status: "ok", message });
const warningCheck = (name: string, message: string, advice?: string): DoctorCheck =>
  withAdvice({ name, status: "warning", message }, advice);
const errorCheck = (name: string, message: string, advice?: string): DoctorCheck =>
  withAdvice({ name, status: "error", message }, advice);
const withAdvice = (check: DoctorCheck, advice: string | undefined): DoctorCheck =>
  advice === undefined ? check : { ...check, advice };

/** Less room than this on the disk will end recording soon. */
const minFreeBytes = 200 * 1024 * 1024;
/** Events may lie ahead of a clock that was just set by so much. */
const clockMs = 5 * 60_000;
const networkMs = 5_000;

export async function runChecks(paths: Paths, status: Status, nowMs: number): Promise<readonly DoctorCheck[]> {
  return [
    runtime(),
    mode(status),
    textFile("configuration", paths.configFile, (text) => parseConfig(paths.configFile, text)),
    textFile("policy", paths.policyFile, (text) => policyRefusals(paths.policyFile, text)),
    folder(paths.home),
    ...privateFiles(paths, status),
    database(status),
    ...room(paths, status),
    clock(status, nowMs),
    ...eventLogs(paths),
    ...status.notes.map((text) => warningCheck("remark", text)),
    ...refused(status),
    await network(status),
  ];
}

function runtime(): DoctorCheck {
  const kind = process.versions["electron"] === undefined ? "Node" : "the editor's Node";
  return okCheck("runtime", `${kind} ${process.versions.node} on ${process.platform} ${process.arch}`);
}

function mode({ permission, configPath }: Status): DoctorCheck {
  if (permission === null)
    return errorCheck(
      "mode",
      "it cannot be known",
      `Something below keeps it from being read; ${configPath} is looked at too.`,
    );
  const no = permission.refusals.map(refusalSentence).join(" ");
  if (permission.consent === "damaged")
    return errorCheck("mode", modeSentence(permission), "Decide again: nexus telemetry enable or disable.");
  if (permission.mode === "off" && permission.consent === "never_asked")
    return warningCheck("mode", modeSentence(permission), "nexus telemetry enable shows what it is about, and asks.");
  return no === ""
    ? okCheck("mode", modeSentence(permission))
    : warningCheck("mode", `${modeSentence(permission)} ${no}`);
}

/** A file of settings: there and sound, or not there. */
function textFile(name: string, file: string, read: (text: string) => unknown): DoctorCheck {
  if (!existsSync(file)) return okCheck(name, `${file} is not there, which is fine`);
  try {
    read(readFileSync(file, "utf8"));
    return okCheck(name, file);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    const message = error instanceof Error && code === "" ? error.message : `${file} cannot be read${code}.`;
    return errorCheck(name, message, "Nothing is recorded until it can be read: it may say no.");
  }
}

function folder(home: string): DoctorCheck {
  const stat = lstatSync(home, { throwIfNoEntry: false });
  if (stat === undefined) return okCheck("folder", `${home} does not exist yet; it comes with the first event`);
  if (!stat.isDirectory() && !stat.isSymbolicLink()) {
    return errorCheck("folder", `${home} is no folder`, "Move it away, or set NEXUS_HOME to another place.");
  }
  const mine = process.getuid === undefined || statSync(home).uid === process.getuid();
  return mine
    ? okCheck("folder", home)
    : errorCheck("folder", `${home} belongs to another user`, "Change its owner, or set NEXUS_HOME.");
}

/** What only the user may read. */
function privateFiles(paths: Paths, { databasePath }: Status): readonly DoctorCheck[] {
  if (process.platform === "win32") return [];
  const files = [
    databasePath,
    `${databasePath}-wal`,
    paths.identityFile,
    paths.installationFile,
    paths.uploadStateFile,
    paths.consentFile,
  ];
  const open = files.filter((file) => {
    const stat = statSync(file, { throwIfNoEntry: false });
    return stat !== undefined && (stat.mode & 0o077) !== 0;
  });
  if (open.length === 0) return [okCheck("permissions", "what is kept can be read by you alone")];
  return [errorCheck("permissions", `others may read ${open.join(", ")}`, `chmod 600 ${open.join(" ")}`)];
}

function database({ database: found, databasePath, problem }: Status): DoctorCheck {
  if (problem !== null) return errorCheck("database", problem.text);
  if (found === null) return okCheck("database", `${databasePath} does not exist yet; it comes with the first event`);
  const gaps = found.missing === 0 ? "" : `; ${found.missing} that its sources numbered never came`;
  return okCheck(
    "database",
    `${found.events.toLocaleString("en-US")} events, ${sizeText(found.sizeBytes)}, by ${found.driver}${gaps}`,
  );
}

function room({ home }: Paths, { databasePath }: Status): readonly DoctorCheck[] {
  const place = [dirname(databasePath), home, dirname(home)].find(existsSync);
  if (place === undefined) return [];
  const { bavail, bsize } = statfsSync(place);
  const free = bavail * bsize;
  return free >= minFreeBytes
    ? [okCheck("disk", `${sizeText(free)} free`)]
    : [errorCheck("disk", `${sizeText(free)} free`, "Free some: recording stops where nothing can be written.")];
}

function clock({ database: found }: Status, nowMs: number): DoctorCheck {
  const newest = found?.newestMs ?? null;
  return newest === null || newest <= nowMs + clockMs
    ? okCheck("clock", new Date(nowMs).toISOString())
    : errorCheck(
        "clock",
        `the newest event lies ahead of the clock, at ${new Date(newest).toISOString()}`,
        "Set the clock: an hour's numbers are those of its own time.",
      );
}

function eventLogs({ eventLogFolder }: Paths): readonly DoctorCheck[] {
  const name = "event logs";
  if (process.env["NEXUS_EVENT_LOG"] === "0")
    return [warningCheck(name, "NEXUS_EVENT_LOG=0: they are neither written nor imported")];
  if (!existsSync(eventLogFolder)) return [okCheck(name, `${eventLogFolder} does not exist yet`)];
  const faults = [eventLogFolder, ...namesIn(eventLogFolder)].flatMap(accessFault);
  if (faults.length > 0)
    return faults.map((fault) => errorCheck(name, fault, "Change its owner or its mode, or remove it."));
  return [okCheck(name, eventLogFolder), ...leftovers(eventLogFolder)];
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    // The folder's own fault says so.
    return [];
  }
}

/** Why a file or folder cannot be used, with its owner and mode. */
function accessFault(path: string): readonly string[] {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return [];
  } catch {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return [];
    const mode = (stat.mode & 0o777).toString(8).padStart(4, "0");
    return [`${path} cannot be read and written: it belongs to user ${stat.uid}, mode ${mode}`];
  }
}

const leftoverTexts: Readonly<Record<LeftoverReason, string>> = {
  before_consent: "happened before your consent",
  ahead_of_clock: "are ahead of the clock",
  damaged: "could not be read as JSON",
};

/** Lines that were not imported. */
function leftovers(eventLogFolder: string): readonly DoctorCheck[] {
  const counts = new Leftovers(eventLogFolder).count();
  return leftoverReasons
    .filter((reason) => counts[reason] > 0)
    .map((reason) =>
      warningCheck(
        "not imported",
        `${counts[reason].toLocaleString("en-US")} lines of event logs ${leftoverTexts[reason]}; they are kept in not-imported/`,
        "nexus usage import tries them again.",
      ),
    );
}

/** Batches that a server refused for good. */
function refused({ sharing }: Status): readonly DoctorCheck[] {
  const batches = sharing?.rejected ?? 0;
  if (batches === 0) return [];
  const message = `the server refused ${batches === 1 ? "1 batch" : `${batches} batches`}; the reasons are in rejected/ in the outbox`;
  return [errorCheck("sharing", message, "nexus usage upload --rejected tries again.")];
}

/** Whether the destination answers at all: one connection, closed again. */
async function network({ permission, sharing }: Status): Promise<DoctorCheck> {
  if (permission?.mode !== "share" || sharing?.destination == null)
    return okCheck("network", "nothing is shared, so nothing is tried");
  const { hostname, port } = new URL(`https://${sharing.destination}`);
  const fault = await reach(hostname, port === "" ? 443 : Number(port));
  return fault === undefined
    ? okCheck("network", `${sharing.destination} can be reached`)
    : errorCheck(
        "network",
        `${sharing.destination} cannot be reached (${fault})`,
        "Look at the network, a proxy (HTTPS_PROXY), or the address. What waits is kept.",
      );
}

function reach(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: host.replace(/^\[|\]$/g, ""), port, timeout: networkMs });
    const end = (fault?: string) => {
      socket.destroy();
      resolve(fault);
    };
    socket.once("connect", () => end());
    socket.once("timeout", () => end("no answer"));
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.name));
  });
}
