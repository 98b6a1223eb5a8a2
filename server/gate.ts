/**
 * The worker's own "may I?": it does not take the editor's word. Before anything is stored it reads the consent
 * record, the policy file and the configuration (only where they changed), and adds the environment and the editor.
 */
import { decide, editorRefusals, environmentRefusals, type Permission, type Refusal } from "../shared/consent.ts";
import type { EditorState } from "../shared/protocol.ts";
import { configRefusals, configRemarks, defaultConfig, parseConfig, policyRefusals, WatchedFile } from "./config.ts";
import type { ConsentLog } from "./consent-log.ts";
import type { Limits } from "./maintenance.ts";
import type { Paths } from "./paths.ts";

export interface Ruling {
  readonly permission: Permission;
  readonly remarks: readonly string[];
  /** Where the database lies: `db_path` moves it, unless the environment names it. */
  readonly database: string;
  readonly decidedMs: number | null;
  /** `block_sensitive` of the configuration. */
  readonly blockSensitive: boolean;
  readonly limits: Limits;
}

export class Gate {
  readonly #paths: Paths;
  readonly #consent: ConsentLog;
  readonly #environment: readonly Refusal[];
  readonly #configFile: WatchedFile;
  readonly #policyFile: WatchedFile;
  editor: EditorState;

  constructor(paths: Paths, consent: ConsentLog, env: NodeJS.ProcessEnv, editor: EditorState) {
    this.#paths = paths;
    this.#consent = consent;
    this.#environment = environmentRefusals(env);
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
    const permission = decide(reading, [
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
    };
    const remarks = [...this.#paths.remarks, ...configRemarks(config)];
    return { permission, remarks, database, decidedMs, blockSensitive: config.privacy.block_sensitive, limits };
  }
}
