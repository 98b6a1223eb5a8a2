/**
 * The worker's own "may I?": it does not take the editor's word. Before anything is stored it reads the consent
 * record, the policy file and the configuration (only where they changed), and adds the environment and the editor.
 */
import {
  type ConsentReading,
  decide,
  editorRefusals,
  environmentRefusals,
  type Permission,
  type Refusal,
} from "../shared/consent.ts";
import type { EditorState } from "../shared/recording.ts";
import {
  type Config,
  configRefusals,
  configRemarks,
  defaultConfig,
  parseConfig,
  policyRefusals,
  WatchedFile,
} from "./config.ts";
import type { ConsentLog } from "./consent-log.ts";
import type { Paths } from "./paths.ts";
import type { Limits } from "./store/retention.ts";
import { type Destination, DestinationError, destinationOf } from "./upload/destination.ts";
import type { UploadSchema } from "./upload/shared-view.ts";

/** Nothing may be recorded at present. */
export class NotPermittedError extends Error {
  override readonly name = "NotPermittedError";
}

export interface Ruling {
  readonly permission: Permission;
  readonly remarks: readonly string[];
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

export class Gate {
  readonly #paths: Paths;
  readonly #consent: ConsentLog;
  readonly #environment: readonly Refusal[];
  readonly #env: NodeJS.ProcessEnv;
  readonly #configFile: WatchedFile;
  readonly #policyFile: WatchedFile;
  editor: EditorState;

  constructor(paths: Paths, consent: ConsentLog, env: NodeJS.ProcessEnv, editor: EditorState) {
    this.#paths = paths;
    this.#consent = consent;
    this.#environment = environmentRefusals(env);
    this.#env = env;
    this.#configFile = new WatchedFile(paths.configFile);
    this.#policyFile = new WatchedFile(paths.policyFile);
    this.editor = editor;
  }

  /** @throws ConfigError, or the file system's error where a file exists and cannot be read. */
  rule(): Ruling {
    const configText = this.#configFile.read();
    const policyText = this.#policyFile.read();
    const config = configText === null ? defaultConfig : parseConfig(this.#paths.configFile, configText);
    const reading = this.#consent.read();
    const { destination, fault: destinationFault } = this.#destination(config);
    const permission = decide(reading, [
      ...destinationRefusals(reading, destination, destinationFault),
      ...(policyText === null ? [] : policyRefusals(this.#paths.policyFile, policyText)),
      ...this.#environment,
      ...editorRefusals(this.editor),
      ...configRefusals(this.#paths.configFile, config),
    ]);
    const decidedMs = reading === null || reading === "damaged" ? null : reading.tsMs;
    const database = this.#paths.databaseFixed ? this.#paths.database : (config.db_path ?? this.#paths.database);
    const limits = {
      retentionDays: config.retention_days,
      mostBytes: config.max_db_size_mb * 1024 * 1024,
      ledgerBodyDays: config.ledger_body_days,
    };
    const remarks = [...this.#paths.remarks, ...configRemarks(config)];
    return {
      permission,
      remarks: destinationFault === null ? remarks : [...remarks, destinationFault],
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
    return this.#consent.recordingSinceMs();
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

/** What was agreed to is one host: without it, or with another one, sharing pauses. */
function destinationRefusals(
  reading: ConsentReading,
  destination: Destination | null,
  fault: string | null,
): readonly Refusal[] {
  if (reading === null || reading === "damaged" || reading.mode !== "share") return [];
  const refusal = (name: string): readonly Refusal[] => [{ by: "destination", reach: "sharing", name }];
  if (destination === null) return refusal(fault ?? "No destination (NEXUS_USAGE_UPLOAD_URL, upload_url)");
  return destination.host === reading.destination
    ? []
    : refusal(`A destination (${destination.host}) that you have not agreed to`);
}
