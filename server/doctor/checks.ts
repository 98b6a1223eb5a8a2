/**
 * The checks of `nexus doctor`: programs, files, permissions, disk space, clock, agents and network. Changes nothing.
 * Connects only while sharing is on, and sends nothing over that connection.
 */

import { accessSync, constants, existsSync, lstatSync, readdirSync, readFileSync, statfsSync, statSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { isOptOut } from "../../shared/consent/consent.ts";
import { textOf, textsOf } from "../../shared/protocol/message.ts";
import type { Status } from "../../shared/protocol/worker.ts";
import { numberText, sizeText } from "../../shared/text/format.ts";
import { erasuresMessages, modeMessage, refusalMessage } from "../../shared/text/sentences.ts";
import { parseConfig, policyRefusals } from "../config/config.ts";
import type { Paths } from "../config/paths.ts";
import { type LeftoverReason, Leftovers, leftoverReasons } from "../ingest/leftovers.ts";
import { agentChecks } from "./agent-checks.ts";
import { type DoctorCheck, errorCheck, okCheck, warningCheck } from "./check.ts";
import { programChecks } from "./program-checks.ts";

/** Twice the default database limit: with less, recording stops soon. */
const minFreeBytes = 200 * 1024 * 1024;
/** Tolerance for events recorded just before the clock was set back. */
const maxClockSkewMs = 5 * 60_000;
const connectTimeoutMs = 5_000;

/** What the checks are about. */
export interface Subject {
  readonly paths: Paths;
  /** The user's home folder. */
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly status: Status;
  /** The time of each source's last event in milliseconds since 1970. */
  readonly seen: ReadonlyMap<string, number>;
  readonly nowMs: number;
}

export async function runChecks({ paths, home, env, status, seen, nowMs }: Subject): Promise<readonly DoctorCheck[]> {
  return [
    ...programChecks(home, env),
    mode(status),
    textFile("configuration", paths.configFile, (text) => parseConfig(paths.configFile, text)),
    textFile("policy", paths.policyFile, (text) => policyRefusals(paths.policyFile, text)),
    folder(paths.home),
    ...privateFiles(paths, status),
    database(status),
    ...diskSpace(paths, status),
    clock(status, nowMs),
    ...eventLogs(paths),
    ...agentChecks(paths, home, env, seen, nowMs),
    ...status.notes.map((note) => warningCheck("note", textOf(note))),
    ...rejectedBatches(status),
    ...pause(status),
    ...erasures(status),
    await network(status),
  ];
}

function mode({ permission, configPath }: Status): DoctorCheck {
  if (permission === null) return errorCheck("mode", "unknown", `See the failed checks below and ${configPath}.`);
  const refusals = textsOf(permission.refusals.map(refusalMessage));
  if (permission.consent === "damaged")
    return errorCheck(
      "mode",
      textOf(modeMessage(permission)),
      "Run nexus telemetry enable or nexus telemetry disable.",
    );
  if (permission.mode === "off" && permission.consent === "never_asked")
    return warningCheck("mode", textOf(modeMessage(permission)), "Run nexus telemetry enable.");
  return refusals === ""
    ? okCheck("mode", textOf(modeMessage(permission)))
    : warningCheck("mode", `${textOf(modeMessage(permission))} ${refusals}`);
}

/** Checks an optional settings file with its parser. */
function textFile(name: string, file: string, parse: (text: string) => unknown): DoctorCheck {
  if (!existsSync(file)) return okCheck(name, `${file} does not exist (optional)`);
  try {
    parse(readFileSync(file, "utf8"));
    return okCheck(name, file);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    const message = error instanceof Error && code === "" ? error.message : `${file} cannot be read${code}.`;
    return errorCheck(name, message, "Recording is paused until this is fixed.");
  }
}

function folder(home: string): DoctorCheck {
  const stat = lstatSync(home, { throwIfNoEntry: false });
  if (stat === undefined) {
    const [fault] = accessFault(existingFolder(home));
    return fault === undefined
      ? okCheck("folder", `${home} does not exist yet; created with the first event`)
      : errorCheck("folder", `${home} cannot be created: ${fault}`, "Change its owner or its mode, or set NEXUS_HOME.");
  }
  if (!stat.isDirectory() && !stat.isSymbolicLink()) {
    return errorCheck("folder", `${home} is not a folder`, "Move it, or set NEXUS_HOME.");
  }
  const isOwner = process.getuid === undefined || statSync(home).uid === process.getuid();
  return isOwner
    ? okCheck("folder", home)
    : errorCheck("folder", `${home} belongs to another user`, "Change its owner, or set NEXUS_HOME.");
}

/** The nearest folder above that exists. */
function existingFolder(path: string): string {
  const parent = dirname(path);
  return parent === path || existsSync(parent) ? parent : existingFolder(parent);
}

/** Checks that no other user can read the data, secrets and decisions. */
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
  const exposed = files.filter((file) => {
    const stat = statSync(file, { throwIfNoEntry: false });
    return stat !== undefined && (stat.mode & 0o077) !== 0;
  });
  if (exposed.length === 0) return [okCheck("permissions", "files are private")];
  return [
    errorCheck("permissions", `readable by other users: ${exposed.join(", ")}`, `chmod 600 ${exposed.join(" ")}`),
  ];
}

function database({ database: info, databasePath, problem }: Status): DoctorCheck {
  if (problem !== null) return errorCheck("database", textOf(problem.message));
  if (info === null) return okCheck("database", `${databasePath} does not exist yet; created with the first event`);
  const gaps =
    info.missing === 0
      ? ""
      : `; ${info.missing === 1 ? "1 event" : `${numberText(info.missing)} events`} missing (sequence gaps)`;
  return okCheck("database", `${numberText(info.events)} events, ${sizeText(info.sizeBytes)}${gaps}; ${info.driver}`);
}

function diskSpace({ home }: Paths, { databasePath }: Status): readonly DoctorCheck[] {
  const folder = [dirname(databasePath), home, dirname(home)].find(existsSync);
  if (folder === undefined) return [];
  const { bavail, bsize } = statfsSync(folder);
  const freeBytes = bavail * bsize;
  return freeBytes >= minFreeBytes
    ? [okCheck("disk", `${sizeText(freeBytes)} free`)]
    : [errorCheck("disk", `${sizeText(freeBytes)} free`, "Free disk space; recording stops when the disk is full.")];
}

function clock({ database: info }: Status, nowMs: number): DoctorCheck {
  const newestMs = info?.newestMs ?? null;
  return newestMs === null || newestMs <= nowMs + maxClockSkewMs
    ? okCheck("clock", new Date(nowMs).toISOString())
    : errorCheck(
        "clock",
        `events are dated in the future (${new Date(newestMs).toISOString()})`,
        "Correct the system clock.",
      );
}

function eventLogs({ eventLogFolder }: Paths): readonly DoctorCheck[] {
  const name = "event logs";
  if (isOptOut(process.env["NEXUS_EVENT_LOG"]))
    return [warningCheck(name, "NEXUS_EVENT_LOG is false: event logs are neither written nor imported")];
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
    // The access check of the folder itself reports the error.
    return [];
  }
}

/** Returns the reason why a file or folder cannot be read and written, with its owner and mode. */
function accessFault(path: string): readonly string[] {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return [];
  } catch {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return [];
    const mode = (stat.mode & 0o777).toString(8).padStart(4, "0");
    return [`${path} is not readable and writable (owner ${stat.uid}, mode ${mode})`];
  }
}

const leftoverTexts: Readonly<Record<LeftoverReason, string>> = {
  before_consent: "recorded before your consent",
  ahead_of_clock: "dated in the future",
  damaged: "invalid JSON",
};

function leftovers(eventLogFolder: string): readonly DoctorCheck[] {
  const counts = new Leftovers(eventLogFolder).count();
  return leftoverReasons
    .filter((reason) => counts[reason] > 0)
    .map((reason) =>
      warningCheck(
        "not imported",
        `${numberText(counts[reason])} event log lines skipped (${leftoverTexts[reason]}), kept in not-imported/`,
        "Run nexus usage import to retry.",
      ),
    );
}

function rejectedBatches({ sharing }: Status): readonly DoctorCheck[] {
  const batches = sharing?.rejected ?? 0;
  if (batches === 0) return [];
  const message = `the server refused ${batches === 1 ? "1 batch" : `${batches} batches`}; see rejected/ in the outbox for the reason`;
  return [errorCheck("sharing", message, "Run nexus usage upload --rejected to retry.")];
}

/** Sharing that waits for the user: it is not broken, but nothing is sent. */
function pause({ permission, sharing }: Status): readonly DoctorCheck[] {
  if (permission?.mode !== "share" || sharing === null || sharing.paused === null) return [];
  return [warningCheck("sharing", `uploading is paused: ${textOf(sharing.paused)}`)];
}

function erasures({ sharing }: Status): readonly DoctorCheck[] {
  if (sharing === null || sharing.erasures === 0) return [];
  const state = textsOf(erasuresMessages(sharing));
  return [
    warningCheck(
      "remote erasure",
      state,
      "Your data may still be on the server. To ask again: nexus telemetry erase-remote",
    ),
  ];
}

/** Opens one TCP connection to the destination and closes it. */
async function network({ permission, sharing }: Status): Promise<DoctorCheck> {
  if (permission?.mode !== "share" || sharing?.destination == null)
    return okCheck("network", "not checked: sharing is off");
  const { hostname, port } = new URL(`https://${sharing.destination}`);
  const fault = await connectionFault(hostname, port === "" ? 443 : Number(port));
  return fault === undefined
    ? okCheck("network", `${sharing.destination} can be reached`)
    : errorCheck(
        "network",
        `${sharing.destination} cannot be reached (${fault})`,
        "Check the network, proxy (HTTPS_PROXY) and address. Pending batches are kept.",
      );
}

function connectionFault(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: host.replace(/^\[|\]$/g, ""), port, timeout: connectTimeoutMs });
    const end = (fault?: string) => {
      socket.destroy();
      resolve(fault);
    };
    socket.once("connect", () => end());
    socket.once("timeout", () => end("no response"));
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.name));
  });
}
