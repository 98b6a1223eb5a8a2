/**
 * `state/recording.txt`: the effective policy for hooks and SDKs that cannot parse TOML. Contains
 * its sources: the last line of `consent.jsonl`, `config.toml` and the policy file. Valid only
 * while they are identical byte for byte; nothing else permits hooks to record.
 *
 * ```
 * nexus recording 1
 * folder /home/ada/.config/nexus       contains consent.jsonl and config.toml
 * on tool_usage command_usage          or: off
 * block_sensitive false
 * consent
 * {"schema_version":1,…}
 * config 2 31                          lines and bytes of the text below, or: config none
 * [telemetry]
 * retention_days = 30
 * policy none
 * ```
 */
import { existsSync, readFileSync } from "node:fs";
import type { Category } from "../../shared/schema/categories.ts";
import { replaceFile } from "../files/atomic-write.ts";

/** Limit for this file and for each source file: larger ones mean off. Bytes. */
export const maxBytes = 65_536;

export interface RecordingState {
  /** Folder of the consent record and the configuration. */
  readonly folder: string;
  /** Categories that may be recorded; empty means off. */
  readonly collect: readonly Category[];
  readonly blockSensitive: boolean;
  /** The last line of the consent record. */
  readonly consent: string;
  /** Text of the file; `null` if it does not exist. */
  readonly config: string | null;
  readonly policy: string | null;
}

export function recordingStateText({
  folder,
  collect,
  blockSensitive,
  consent,
  config,
  policy,
}: RecordingState): string {
  const text = [
    head,
    `folder ${folder}`,
    collect.length === 0 ? "off" : `on ${collect.join(" ")}`,
    `block_sensitive ${blockSensitive}`,
    "consent",
    consent,
    ...copied("config", config),
    ...copied("policy", policy),
  ].join("\n");
  return Buffer.byteLength(text) < maxBytes ? `${text}\n` : `${head}\nfolder ${folder}\noff\n`;
}

const head = "nexus recording 1";

/** Returns whether the state file was created for a configuration folder. */
export function isStateOf(file: string, folder: string): boolean {
  const [first, second] = textOf(file)?.split("\n") ?? [];
  return first === head && second === `folder ${folder}`;
}

const textOf = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, "utf8") : undefined);

/** Returns the lines of a text, preceded by its number of lines and bytes. */
function copied(name: string, text: string | null): readonly string[] {
  if (text === null) return [`${name} none`];
  const terminated = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  const lines = terminated.split("\n").slice(0, -1);
  return [`${name} ${lines.length} ${Buffer.byteLength(text)}`, ...lines];
}

/** Writes the file if its content changed; never creates it for "off". @throws its error. */
export function keepRecordingState(file: string, state: RecordingState): void {
  const text = recordingStateText(state);
  const before = textOf(file);
  if (before === text || (before === undefined && state.collect.length === 0)) return;
  replaceFile(file, text);
}
