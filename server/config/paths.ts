/** Where everything lies (DESIGN of the data folder: `docs/internals/architecture.md`). Making a path creates nothing. */
import { isAbsolute, join, resolve } from "node:path";
import {
  configFolder,
  consentFile,
  installationFile,
  isDefaultFolder,
  nexusHome,
} from "../../shared/consent/config-paths.ts";
import { homeFolder } from "./home.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface Paths {
  readonly home: string;
  readonly stateFolder: string;
  /** The local salt: what hashes of the user's own names are made with. */
  readonly identityFile: string;
  readonly uploadStateFile: string;
  readonly installationFile: string;
  /** The session of the `nexus` command that is going on. */
  readonly commandSessionFile: string;
  /** `NEXUS_USAGE_OUTBOX_DIR` moves it. */
  readonly outboxFolder: string;
  readonly eventLogFolder: string;
  /** What agents' hooks append to: `agents/hook.awk` names it too. */
  readonly agentHookLog: string;
  /** What belongs to the connections with agents. */
  readonly agentFolder: string;
  /** The doors on loopback that the user opened. */
  readonly receiverFile: string;
  readonly database: string;
  /** Where the database lies unless the environment or the configuration moves it. */
  readonly ownDatabase: string;
  /** The environment names the database, so that the configuration's `db_path` does not count. */
  readonly databaseFixed: boolean;
  /** What lies in this `NEXUS_HOME` and is used only where it is the user's own, and no link. */
  readonly privatePaths: readonly string[];
  readonly configFile: string;
  readonly consentFile: string;
  /** Neither the data nor the decisions lie elsewhere than in the user's home folder. */
  readonly isDefaultFolder: boolean;
  /** What the product would record now, for hooks and SDKs: `recording-state.ts`. */
  readonly recordingStateFile: string;
  readonly policyFile: string;
  /** What of the environment does not count, each as a sentence. */
  readonly notes: readonly string[];
}

/** The policy of the whole system. An administrator's file; nothing a user sets may point elsewhere. */
export const policyFile = "/etc/nexus/policy.toml";

/** Below `state/`. */
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

/** A relative path would mean another place for every process; like an empty one, it does not count. */
const given = (value: string | undefined): string | undefined =>
  value !== undefined && isAbsolute(value) ? value : undefined;

/** `NEXUS_HOME` (default `~/nexus`) holds the data; `NEXUS_TELEMETRY_PATH` moves the database alone. */
export function pathsFrom(env: Environment, home: string = homeFolder()): Paths {
  const surroundings = { env, home, join, isAbsolute };
  const folder = resolve(nexusHome(surroundings));
  const stateFolder = join(folder, "state");
  const databasePath = given(env["NEXUS_TELEMETRY_PATH"]);
  return {
    home: folder,
    stateFolder,
    identityFile: join(stateFolder, "usage", "identity.json"),
    uploadStateFile: join(stateFolder, "usage", "upload-state.json"),
    installationFile: resolve(installationFile(surroundings)),
    commandSessionFile: join(stateFolder, "usage", "command-session.json"),
    outboxFolder: resolve(given(env["NEXUS_USAGE_OUTBOX_DIR"]) ?? join(stateFolder, "events-outbox")),
    eventLogFolder: join(stateFolder, "events"),
    agentHookLog: join(stateFolder, "events", "agent-hooks.jsonl"),
    agentFolder: join(stateFolder, "agents"),
    receiverFile: join(stateFolder, "agents", "doors.json"),
    database: resolve(databasePath ?? join(stateFolder, "telemetry.db")),
    ownDatabase: join(stateFolder, "telemetry.db"),
    databaseFixed: databasePath !== undefined,
    privatePaths: privateNames.map((name) => join(stateFolder, name)),
    configFile: join(configFolder(surroundings), "config.toml"),
    consentFile: consentFile(surroundings),
    isDefaultFolder: isDefaultFolder(surroundings),
    recordingStateFile: join(stateFolder, "recording.txt"),
    policyFile,
    notes: ["NEXUS_HOME", "NEXUS_TELEMETRY_PATH", "XDG_CONFIG_HOME", "NEXUS_USAGE_OUTBOX_DIR"]
      .filter((name) => env[name] !== undefined && env[name] !== "" && given(env[name]) === undefined)
      .map((name) => `${name} is no absolute path and does not count.`),
  };
}
