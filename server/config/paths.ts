/** Locations of all files and folders (`docs/internals/architecture.md`). Creates nothing. */

import { isAbsolute, join, resolve } from "node:path";
import {
  configFolder,
  consentFile,
  installationFile,
  isDefaultFolder,
  nexusHome,
} from "../../shared/consent/config-paths.ts";
import { type Message, message } from "../../shared/protocol/message.ts";
import { homeFolder } from "./home.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface Paths {
  readonly home: string;
  readonly stateFolder: string;
  /** Contains the salt for hashing the user's own names. */
  readonly identityFile: string;
  readonly uploadStateFile: string;
  readonly installationFile: string;
  /** The current session of the `nexus` command. */
  readonly commandSessionFile: string;
  /** Moved by `NEXUS_USAGE_OUTBOX_DIR`. */
  readonly outboxFolder: string;
  readonly eventLogFolder: string;
  /** The log that agents' hooks append to; `agents/hook.awk` contains the same path. */
  readonly agentHookLog: string;
  readonly agentFolder: string;
  /** Settings of the local receivers that the user enabled. */
  readonly receiverFile: string;
  readonly database: string;
  /** The database path without overrides from the environment or the configuration. */
  readonly ownDatabase: string;
  /** `NEXUS_TELEMETRY_PATH` is set, so `db_path` is ignored. */
  readonly databaseFixed: boolean;
  /** Paths in this `NEXUS_HOME` that must be owned by the user and must not be links. */
  readonly privatePaths: readonly string[];
  readonly configFile: string;
  readonly consentFile: string;
  /** Data and decisions are in the default folders of the user's home. */
  readonly isDefaultFolder: boolean;
  /** The effective policy for hooks and SDKs, see `recording-state.ts`. */
  readonly recordingStateFile: string;
  readonly policyFile: string;
  /** One sentence for each environment variable that is ignored. */
  readonly notes: readonly Message[];
}

/** The system-wide policy, written by an administrator. No user setting may move it. */
export const policyFile = "/etc/nexus/policy.toml";

/** Relative to `state/`. */
const privateNames = [
  "",
  "events",
  "events/not-imported",
  "events-outbox",
  "events-outbox/rejected",
  "events-outbox/foreign",
  "usage",
  "usage/identity.json",
  "usage/installation.json",
  "usage/upload-state.json",
  "usage/command-session.json",
  "agents",
  "agents/doors.json",
  "recording.txt",
  "telemetry.db",
  "telemetry.db-wal",
  "telemetry.db-shm",
] as const;

/** Ignores empty and relative paths: a relative one would differ between processes. */
const absolutePath = (value: string | undefined): string | undefined =>
  value !== undefined && isAbsolute(value) ? value : undefined;

/** `NEXUS_HOME` (default `~/nexus`) has the data; `NEXUS_TELEMETRY_PATH` moves the database. */
export function pathsFrom(env: Environment, home: string = homeFolder()): Paths {
  const context = { env, home, join, isAbsolute };
  const folder = resolve(nexusHome(context));
  const stateFolder = join(folder, "state");
  const databasePath = absolutePath(env["NEXUS_TELEMETRY_PATH"]);
  return {
    home: folder,
    stateFolder,
    identityFile: join(stateFolder, "usage", "identity.json"),
    uploadStateFile: join(stateFolder, "usage", "upload-state.json"),
    installationFile: resolve(installationFile(context)),
    commandSessionFile: join(stateFolder, "usage", "command-session.json"),
    outboxFolder: resolve(absolutePath(env["NEXUS_USAGE_OUTBOX_DIR"]) ?? join(stateFolder, "events-outbox")),
    eventLogFolder: join(stateFolder, "events"),
    agentHookLog: join(stateFolder, "events", "agent-hooks.jsonl"),
    agentFolder: join(stateFolder, "agents"),
    receiverFile: join(stateFolder, "agents", "doors.json"),
    database: resolve(databasePath ?? join(stateFolder, "telemetry.db")),
    ownDatabase: join(stateFolder, "telemetry.db"),
    databaseFixed: databasePath !== undefined,
    privatePaths: privateNames.map((name) => join(stateFolder, name)),
    configFile: join(configFolder(context), "config.toml"),
    consentFile: consentFile(context),
    isDefaultFolder: isDefaultFolder(context),
    recordingStateFile: join(stateFolder, "recording.txt"),
    policyFile,
    notes: ["NEXUS_HOME", "NEXUS_TELEMETRY_PATH", "XDG_CONFIG_HOME", "NEXUS_USAGE_OUTBOX_DIR"]
      .filter((name) => env[name] !== undefined && env[name] !== "" && absolutePath(env[name]) === undefined)
      .map((name) => message("{name} is not an absolute path and is ignored.", { name })),
  };
}
