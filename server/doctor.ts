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

export interface Check {
  readonly name: string;
  readonly state: "good" | "remark" | "bad";
  readonly what: string;
  /** What to do, where there is something. */
  readonly advice?: string;
}

const good = (name: string, what: string): Check => ({ name, state: "good", what });
const remark = (name: string, what: string, advice?: string): Check =>
  withAdvice({ name, state: "remark", what }, advice);
const bad = (name: string, what: string, advice?: string): Check => withAdvice({ name, state: "bad", what }, advice);
const withAdvice = (check: Check, advice: string | undefined): Check =>
  advice === undefined ? check : { ...check, advice };

/** Less room than this on the disk will end recording soon. */
const littleRoom = 200 * 1024 * 1024;
/** Events may lie ahead of a clock that was just set by so much. */
const clockMs = 5 * 60_000;
const networkMs = 5_000;

export async function examine(paths: Paths, status: Status, nowMs: number): Promise<readonly Check[]> {
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
    ...status.remarks.map((text) => remark("remark", text)),
    ...refused(status),
    await network(status),
  ];
}

function runtime(): Check {
  const kind = process.versions["electron"] === undefined ? "Node" : "the editor's Node";
  return good("runtime", `${kind} ${process.versions.node} on ${process.platform} ${process.arch}`);
}

function mode({ permission, configPath }: Status): Check {
  if (permission === null)
    return bad(
      "mode",
      "it cannot be known",
      `Something below keeps it from being read; ${configPath} is looked at too.`,
    );
  const no = permission.refusals.map(refusalSentence).join(" ");
  if (permission.consent === "damaged")
    return bad("mode", modeSentence(permission), "Decide again: nexus telemetry enable or disable.");
  if (permission.mode === "off" && permission.consent === "never_asked")
    return remark("mode", modeSentence(permission), "nexus telemetry enable shows what it is about, and asks.");
  return no === "" ? good("mode", modeSentence(permission)) : remark("mode", `${modeSentence(permission)} ${no}`);
}

/** A file of settings: there and sound, or not there. */
function textFile(name: string, file: string, read: (text: string) => unknown): Check {
  if (!existsSync(file)) return good(name, `${file} is not there, which is fine`);
  try {
    read(readFileSync(file, "utf8"));
    return good(name, file);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    const message = error instanceof Error && code === "" ? error.message : `${file} cannot be read${code}.`;
    return bad(name, message, "Nothing is recorded until it can be read: it may say no.");
  }
}

function folder(home: string): Check {
  const stat = lstatSync(home, { throwIfNoEntry: false });
  if (stat === undefined) return good("folder", `${home} does not exist yet; it comes with the first event`);
  if (!stat.isDirectory() && !stat.isSymbolicLink()) {
    return bad("folder", `${home} is no folder`, "Move it away, or set NEXUS_HOME to another place.");
  }
  const mine = process.getuid === undefined || statSync(home).uid === process.getuid();
  return mine
    ? good("folder", home)
    : bad("folder", `${home} belongs to another user`, "Change its owner, or set NEXUS_HOME.");
}

/** What only the user may read. */
function privateFiles(paths: Paths, { databasePath }: Status): readonly Check[] {
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
  if (open.length === 0) return [good("permissions", "what is kept can be read by you alone")];
  return [bad("permissions", `others may read ${open.join(", ")}`, `chmod 600 ${open.join(" ")}`)];
}

function database({ database: found, databasePath, problem }: Status): Check {
  if (problem !== null) return bad("database", problem.text);
  if (found === null) return good("database", `${databasePath} does not exist yet; it comes with the first event`);
  const gaps = found.missing === 0 ? "" : `; ${found.missing} that its sources numbered never came`;
  return good(
    "database",
    `${found.events.toLocaleString("en-US")} events, ${sizeText(found.sizeBytes)}, by ${found.driver}${gaps}`,
  );
}

function room({ home }: Paths, { databasePath }: Status): readonly Check[] {
  const place = [dirname(databasePath), home, dirname(home)].find(existsSync);
  if (place === undefined) return [];
  const { bavail, bsize } = statfsSync(place);
  const free = bavail * bsize;
  return free >= littleRoom
    ? [good("disk", `${sizeText(free)} free`)]
    : [bad("disk", `${sizeText(free)} free`, "Free some: recording stops where nothing can be written.")];
}

function clock({ database: found }: Status, nowMs: number): Check {
  const newest = found?.newestMs ?? null;
  return newest === null || newest <= nowMs + clockMs
    ? good("clock", new Date(nowMs).toISOString())
    : bad(
        "clock",
        `the newest event lies ahead of the clock, at ${new Date(newest).toISOString()}`,
        "Set the clock: an hour's numbers are those of its own time.",
      );
}

function eventLogs({ eventLogFolder }: Paths): readonly Check[] {
  const name = "event logs";
  if (process.env["NEXUS_EVENT_LOG"] === "0")
    return [remark(name, "NEXUS_EVENT_LOG=0: they are neither written nor imported")];
  if (!existsSync(eventLogFolder)) return [good(name, `${eventLogFolder} does not exist yet`)];
  const faults = [eventLogFolder, ...namesIn(eventLogFolder)].flatMap(accessFault);
  if (faults.length > 0) return faults.map((fault) => bad(name, fault, "Change its owner or its mode, or remove it."));
  return [good(name, eventLogFolder), ...leftovers(eventLogFolder)];
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
function leftovers(eventLogFolder: string): readonly Check[] {
  const counts = new Leftovers(eventLogFolder).count();
  return leftoverReasons
    .filter((reason) => counts[reason] > 0)
    .map((reason) =>
      remark(
        "not imported",
        `${counts[reason].toLocaleString("en-US")} lines of event logs ${leftoverTexts[reason]}; they are kept in not-imported/`,
        "nexus usage import tries them again.",
      ),
    );
}

/** Batches that a server refused for good. */
function refused({ sharing }: Status): readonly Check[] {
  const batches = sharing?.rejected ?? 0;
  if (batches === 0) return [];
  const what = `the server refused ${batches === 1 ? "1 batch" : `${batches} batches`}; the reasons are in rejected/ in the outbox`;
  return [bad("sharing", what, "nexus usage upload --rejected tries again.")];
}

/** Whether the destination answers at all: one connection, closed again. */
async function network({ permission, sharing }: Status): Promise<Check> {
  if (permission?.mode !== "share" || sharing?.destination == null)
    return good("network", "nothing is shared, so nothing is tried");
  const { hostname, port } = new URL(`https://${sharing.destination}`);
  const fault = await reach(hostname, port === "" ? 443 : Number(port));
  return fault === undefined
    ? good("network", `${sharing.destination} can be reached`)
    : bad(
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
