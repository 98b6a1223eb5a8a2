/**
 * The worker's own "may I?": it does not take the editor's word. Before anything is stored it reads the consent
 * record, the policy file and the configuration (only where they changed), and adds the environment and the editor.
 */
import { dirname } from "node:path";
import {
  type ConsentReading,
  decide,
  editorRefusals,
  environmentRefusals,
  installationIn,
  isRecord,
  type Permission,
  type Refusal,
  type UntrustedReason,
  untrustedReasons,
} from "../../shared/consent/consent.ts";
import type { EditorState } from "../../shared/protocol/record.ts";
import type { Clock } from "../clock.ts";
import { pathFault, refuseReplaceable, refuseUnsafe } from "../files/ownership.ts";
import type { Limits } from "../store/retention.ts";
import {
  type Config,
  ConfigError,
  configNotes,
  configRefusals,
  defaultConfig,
  parseConfig,
  policyRefusals,
  type UploadSchema,
  WatchedFile,
} from "./config.ts";
import { ConsentLog } from "./consent-log.ts";
import { type Destination, DestinationError, destinationOf } from "./destination.ts";
import type { Paths } from "./paths.ts";
import { isStateOf, keepRecordingState, maxBytes } from "./recording-state.ts";

/** Nothing may be recorded at present. */
export class NotPermittedError extends Error {
  override readonly name = "NotPermittedError";
}

/** For so long an answer about the owners of paths holds. Milliseconds. */
const lookAgainMs = 1_000;

export interface EffectivePolicy {
  readonly permission: Permission;
  readonly notes: readonly string[];
  /** Where the database lies: `db_path` moves it, unless the environment names it. */
  readonly database: string;
  readonly decidedMs: number | null;
  /** `block_sensitive` of the configuration. */
  readonly blockSensitive: boolean;
  readonly limits: Limits;
  /** Where to send; `null` where no usable address is configured. */
  readonly destination: Destination | null;
  /** Why the configured address cannot be used, as a sentence. */
  readonly destinationFault: string | null;
  readonly schema: UploadSchema;
}

export class PermissionEvaluator {
  readonly #paths: Paths;
  readonly consent: ConsentLog;
  readonly #environment: readonly Refusal[];
  readonly #env: NodeJS.ProcessEnv;
  readonly #configFile: WatchedFile;
  readonly #policyFile: WatchedFile;
  readonly #installationFile: WatchedFile;
  editor: EditorState;
  /** When the paths were found safe, and when the state for hooks was written, by the process's own clock. */
  #safeMs = Number.NEGATIVE_INFINITY;
  #lockedMs = Number.NEGATIVE_INFINITY;

  constructor(paths: Paths, clock: Clock, env: NodeJS.ProcessEnv, editor: EditorState) {
    this.#paths = paths;
    this.#installationFile = new WatchedFile(paths.installationFile);
    this.consent = new ConsentLog(paths.consentFile, clock, () => this.installation());
    this.#environment = environmentRefusals(env);
    this.#env = env;
    this.#configFile = new WatchedFile(paths.configFile);
    this.#policyFile = new WatchedFile(paths.policyFile);
    this.editor = editor;
  }

  /** The value that consent records must name to count here; `null` where this `NEXUS_HOME` has none yet. */
  installation(): string | null {
    return installationIn(this.#installationFile.read() ?? "");
  }

  /**
   * @throws UnsafePathError where another user owns or can write what it would rely on; ConfigError; the file system's error where a
   * file exists and cannot be read.
   */
  evaluate(): EffectivePolicy {
    this.#refuseUnsafePathsNowAndThen();
    const { configFile } = this.#paths;
    const configText = this.#configFile.read();
    const policyText = this.#policyFile.read();
    const config = configText === null ? defaultConfig : parseConfig(configFile, configText);
    const reading = this.consent.read();
    const { destination, fault: destinationFault } = this.#destination(config);
    const permission = decide(reading, [
      ...destinationRefusals(reading, destination, destinationFault),
      ...this.#policyRefusals(policyText),
      ...this.#environment,
      ...editorRefusals(this.editor),
      ...configRefusals(configFile, config),
    ]);
    const decidedMs = isRecord(reading) ? reading.tsMs : null;
    const database = this.#paths.databaseFixed ? this.#paths.database : (config.db_path ?? this.#paths.database);
    const limits = {
      retentionDays: config.retention_days,
      maxBytes: config.max_db_size_mb * 1024 * 1024,
      ledgerBodyDays: config.ledger_body_days,
    };
    if (database !== this.#paths.ownDatabase) refuseReplaceable(database);
    refuseUnsafe(database, "allowed");
    const notes = [...this.#consentNotes(reading), ...this.#paths.notes, ...configNotes(config)];
    return {
      permission,
      notes: destinationFault === null ? notes : [...notes, destinationFault],
      database,
      decidedMs,
      blockSensitive: config.privacy.block_sensitive,
      limits,
      destination,
      destinationFault,
      schema: config.upload_schema,
    };
  }

  /**
   * When the consent to record began that holds now, in milliseconds since 1970: what happened before is not taken from logs.
   */
  recordingSinceMs(): number {
    return this.consent.recordingSinceMs();
  }

  /**
   * Writes down for hooks and SDKs what may be recorded (`now and then`: at most once a second), as far as files decide it: they read the environment themselves.
   * @throws UnsafePathError, the file system's error.
   */
  keepRecordingState(at: "now" | "now and then" = "now"): void {
    if (at === "now and then" && performance.now() - this.#lockedMs < lookAgainMs) return;
    this.#lockedMs = performance.now();
    const reading = this.consent.read();
    const consent = this.consent.lastEntry() ?? "";
    const folder = dirname(this.#paths.configFile);
    const file = this.#paths.recordingStateFile;
    const off = { folder, collect: [], blockSensitive: true, consent, config: null, policy: null };
    // An environment that names another folder of decisions says nothing of this one.
    try {
      this.refuseUnsafePaths();
    } catch (error) {
      // Where the file itself cannot be relied on, hooks see that themselves.
      const { home, stateFolder } = this.#paths;
      const isOwn =
        [stateFolder, file].every((path) => pathFault(path) === undefined) && pathFault(home, "allowed") === undefined;
      if (isOwn && isStateOf(file, folder)) keepRecordingState(file, off);
      throw error;
    }
    if (!isRecord(reading) || reading.mode === "off") {
      if (isStateOf(file, folder)) keepRecordingState(file, off);
      return;
    }
    const config = this.#configFile.read();
    const policy = this.#policyFile.read();
    keepRecordingState(file, { ...this.#recordedByFiles(reading, config, policy), folder, consent, config, policy });
  }

  /** What may be recorded by the word of files; nothing where one of them cannot be used. */
  #recordedByFiles(
    reading: ConsentReading,
    configText: string | null,
    policyText: string | null,
  ): { readonly collect: Permission["collect"]; readonly blockSensitive: boolean } {
    try {
      const config = configText === null ? defaultConfig : parseConfig(this.#paths.configFile, configText);
      const refusals = [...this.#policyRefusals(policyText), ...configRefusals(this.#paths.configFile, config)];
      return { collect: decide(reading, refusals).collect, blockSensitive: config.privacy.block_sensitive };
    } catch (error) {
      if (error instanceof ConfigError) return { collect: [], blockSensitive: true };
      throw error;
    }
  }

  #policyRefusals(text: string | null): readonly Refusal[] {
    return text === null ? [] : policyRefusals(this.#paths.policyFile, text);
  }

  /** A ruling is asked for with every event, and the owner of a folder hardly changes. @throws UnsafePathError */
  #refuseUnsafePathsNowAndThen(): void {
    if (performance.now() - this.#safeMs < lookAgainMs) return;
    this.refuseUnsafePaths();
    this.#safeMs = performance.now();
  }

  /** Refuses folders and files of this `NEXUS_HOME` that another user owns or can write, and links. @throws UnsafePathError */
  refuseUnsafePaths(): void {
    const { home, stateFolder, outboxFolder, privatePaths } = this.#paths;
    // The user may have put the home and a moved outbox behind a link of theirs.
    const isMoved = dirname(outboxFolder) !== stateFolder;
    for (const path of isMoved ? [home, outboxFolder] : [home]) {
      refuseReplaceable(path);
      refuseUnsafe(path, "allowed");
    }
    for (const path of privatePaths) refuseUnsafe(path);
  }

  /** Why a yes does not count, as a sentence. */
  #consentNotes(reading: ConsentReading): readonly string[] {
    const reason = untrustedReasons.find((one) => one === reading);
    const { consentFile } = this.#paths;
    if (reason === undefined && this.consent.size > maxBytes)
      return [
        `${consentFile} is larger than 64 KB, so hooks and SDKs record nothing. Keep a copy, and leave its last line.`,
      ];
    if (reason === undefined) return [];
    return [reason === "other_user" ? (this.consent.fault() ?? "") : untrustedText(reason, this.#paths.consentFile)];
  }

  #destination(config: Config): { readonly destination: Destination | null; readonly fault: string | null } {
    const fromEnvironment = this.#env["NEXUS_USAGE_UPLOAD_URL"];
    const url = fromEnvironment ?? config.upload_url;
    if (url === undefined || url === "") return { destination: null, fault: null };
    const from = fromEnvironment === undefined ? `upload_url in ${this.#paths.configFile}` : "NEXUS_USAGE_UPLOAD_URL";
    const token = this.#env["NEXUS_USAGE_UPLOAD_TOKEN"];
    try {
      return {
        destination: destinationOf({ url, from }, token === "" ? undefined : token, config.upload_pins),
        fault: null,
      };
    } catch (error) {
      if (error instanceof DestinationError) return { destination: null, fault: error.message };
      throw error;
    }
  }
}

function untrustedText(reason: Exclude<UntrustedReason, "other_user">, file: string): string {
  const why = reason === "unbound" ? "names no installation, so it does not count" : "belongs to another installation";
  return `${file} ${why}. Nothing is recorded until you decide again: nexus telemetry enable.`;
}

/** What was agreed to is one address: without it, or with another one, sharing pauses. */
function destinationRefusals(
  reading: ConsentReading,
  destination: Destination | null,
  fault: string | null,
): readonly Refusal[] {
  if (!isRecord(reading) || reading.mode !== "share") return [];
  const refusal = (name: string): readonly Refusal[] => [{ by: "destination", reach: "sharing", name }];
  if (destination === null) return refusal(fault ?? "No destination (NEXUS_USAGE_UPLOAD_URL, upload_url)");
  return destination.url === reading.destination
    ? []
    : refusal(`A destination (${destination.url}) that you have not agreed to`);
}
