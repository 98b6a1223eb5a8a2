/**
 * Evaluates the effective policy in the worker, independently of the editor. Before every write it
 * combines the consent record, policy file and configuration (re-read if changed) with the
 * environment and the editor's settings. Never grants more than the consent record.
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
import { type Message, message, verbatim } from "../../shared/protocol/message.ts";
import type { EditorState, FlushRule } from "../../shared/protocol/record.ts";
import type { UploadSchema } from "../../shared/schema/upload-schema.ts";
import type { OwnPrices } from "../../shared/vocabulary/prices.ts";
import type { Clock } from "../clock.ts";
import { pathFault, refuseReplaceable, refuseUnsafe } from "../files/ownership.ts";
import { WatchedFile } from "../files/watched-file.ts";
import type { Limits } from "../store/retention.ts";
import {
  type Config,
  ConfigError,
  configNotes,
  configRefusals,
  defaultConfig,
  ownPrices,
  parseConfig,
  policyRefusals,
} from "./config.ts";
import { ConsentLog } from "./consent-log.ts";
import { type Destination, DestinationError, destinationOf } from "./destination.ts";
import { environmentNotes } from "./environment.ts";
import { flushRule } from "./flush-rule.ts";
import type { Paths } from "./paths.ts";
import { isStateOf, keepRecordingState, maxBytes } from "./recording-state.ts";

/** Recording is not permitted now. */
export class NotPermittedError extends Error {
  override readonly name = "NotPermittedError";
}

/** Min interval of ownership checks: it hardly changes, and every event needs the policy. */
const recheckMs = 1_000;

export interface EffectivePolicy {
  readonly permission: Permission;
  readonly notes: readonly Message[];
  /** Path of the database: `NEXUS_TELEMETRY_PATH`, else `db_path`, else the default. */
  readonly database: string;
  readonly decidedMs: number | null;
  /** `block_sensitive` of the configuration. */
  readonly blockSensitive: boolean;
  readonly limits: Limits;
  /** `null` if no valid upload URL is configured. */
  readonly destination: Destination | null;
  /** Why the configured URL is invalid, as a sentence. */
  readonly destinationFault: string | null;
  /** The largest upload schema that the configuration permits (`upload_schema`). */
  readonly maxSchema: UploadSchema;
  /** The user's own prices of models. */
  readonly prices: OwnPrices;
  /** `batch_size` and `flush_interval_secs`, as SDKs use them. */
  readonly sdkBuffer: { readonly events: number; readonly seconds: number };
  /** The largest upload schema that the user agreed to and the configuration permits. */
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
  /** Times of the last path check and the last state update, from `performance.now()`. */
  #pathsCheckedMs = Number.NEGATIVE_INFINITY;
  #stateCheckedMs = Number.NEGATIVE_INFINITY;

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

  /** Returns the installation that consent must name; `null` if there is none yet. */
  installation(): string | null {
    return installationIn(this.#installationFile.read() ?? "");
  }

  /**
   * @throws UnsafePathError if another user owns or can write a path that it relies on;
   * ConfigError; the file system's error if a file is unreadable.
   */
  evaluate(): EffectivePolicy {
    this.#recheckPaths();
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
    const maxSchema = config.upload_schema ?? 2;
    const decidedMs = isRecord(reading) ? reading.tsMs : null;
    const database = this.#paths.databaseFixed ? this.#paths.database : (config.db_path ?? this.#paths.database);
    const limits = {
      retentionDays: config.retention_days,
      maxBytes: config.max_db_size_mb * 1024 * 1024,
      ledgerBodyDays: config.ledger_body_days,
      rollupRetentionDays: config.rollup_retention_days,
    };
    if (database !== this.#paths.ownDatabase) refuseReplaceable(database);
    refuseUnsafe(database, "allowed");
    const notes = [
      ...this.#consentNotes(reading),
      ...this.#paths.notes,
      ...configNotes(config),
      ...environmentNotes(this.#env),
    ];
    return {
      permission,
      notes: destinationFault === null ? notes : [...notes, verbatim(destinationFault)],
      database,
      decidedMs,
      blockSensitive: config.privacy.block_sensitive,
      limits,
      destination,
      destinationFault,
      prices: ownPrices(configFile, config),
      sdkBuffer: { events: config.batch_size, seconds: config.flush_interval_secs },
      maxSchema,
      schema: permission.agreedSchema < maxSchema ? permission.agreedSchema : maxSchema,
    };
  }

  /** Returns when the extension sends captured events. @throws ConfigError, the file system's error. */
  flushRule(): FlushRule {
    return flushRule(this.#paths.configFile, this.#configFile.read());
  }

  /** Returns the start of the consent in ms since 1970; older log lines are not imported. */
  recordingSinceMs(): number {
    return this.consent.recordingSinceMs();
  }

  /**
   * Writes the policy for hooks and SDKs (`now and then`: at most once a second). It reflects files
   * only: hooks and SDKs read the environment themselves.
   * @throws UnsafePathError, the file system's error.
   */
  keepRecordingState(at: "now" | "now and then" = "now"): void {
    if (at === "now and then" && performance.now() - this.#stateCheckedMs < recheckMs) return;
    this.#stateCheckedMs = performance.now();
    const reading = this.consent.read();
    const consent = this.consent.lastEntry() ?? "";
    const folder = dirname(this.#paths.configFile);
    const file = this.#paths.recordingStateFile;
    const off = { folder, collect: [], blockSensitive: true, consent, config: null, policy: null };
    try {
      this.refuseUnsafePaths();
    } catch (error) {
      // If the state file itself is unsafe, hooks detect that themselves. A state file of another
      // configuration folder is not ours to change.
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
    keepRecordingState(file, { ...this.#policyOfFiles(reading, config, policy), folder, consent, config, policy });
  }

  /** Returns the policy that the files determine; an invalid file permits nothing. */
  #policyOfFiles(
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

  /** @throws UnsafePathError */
  #recheckPaths(): void {
    if (performance.now() - this.#pathsCheckedMs < recheckMs) return;
    this.refuseUnsafePaths();
    this.#pathsCheckedMs = performance.now();
  }

  /** @throws UnsafePathError if a path is a link or another user can change it. */
  refuseUnsafePaths(): void {
    const { home, stateFolder, outboxFolder, privatePaths } = this.#paths;
    // The user may have placed NEXUS_HOME and a moved outbox behind a link.
    const isMoved = dirname(outboxFolder) !== stateFolder;
    for (const path of isMoved ? [home, outboxFolder] : [home]) {
      refuseReplaceable(path);
      refuseUnsafe(path, "allowed");
    }
    for (const path of privatePaths) refuseUnsafe(path);
  }

  /** Returns a sentence if the consent record is not valid here, or is too large for hooks. */
  #consentNotes(reading: ConsentReading): readonly Message[] {
    const reason = untrustedReasons.find((candidate) => candidate === reading);
    const { consentFile } = this.#paths;
    if (reason === undefined && this.consent.size > maxBytes)
      return [
        message(
          "{file} is larger than 64 KB, so hooks and SDKs record nothing. Back it up, then delete all lines but the last.",
          { file: consentFile },
        ),
      ];
    if (reason === undefined) return [];
    const text = reason === "other_user" ? (this.consent.fault() ?? "") : untrustedText(reason, consentFile);
    return [verbatim(text)];
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
  const why = reason === "unbound" ? "names no installation" : "belongs to another installation";
  return `${file} ${why}. Recording is paused. Run nexus telemetry enable.`;
}

/** Consent names one URL: sharing pauses if no destination or another one is configured. */
function destinationRefusals(
  reading: ConsentReading,
  destination: Destination | null,
  fault: string | null,
): readonly Refusal[] {
  if (!isRecord(reading) || reading.mode !== "share") return [];
  const refusal = (name: string): readonly Refusal[] => [{ by: "destination", reach: "sharing", name }];
  if (destination === null) {
    const details = fault?.replace(/\.$/, "");
    return refusal(
      details === undefined
        ? "a missing destination (set upload_url or NEXUS_USAGE_UPLOAD_URL)"
        : `an invalid destination (${details})`,
    );
  }
  return destination.url === reading.destination
    ? []
    : refusal(`a destination without your consent (${destination.url})`);
}
