/**
 * `state/recording.txt`: what the product would record now, for hooks and SDKs that cannot read the configuration themselves. Only
 * this file says yes to them, and only while the files it was made from are what they were, byte for byte: it holds the last line of
 * `consent.jsonl`, and the texts of `config.toml` and of the policy.
 *
 * ```
 * nexus recording 1
 * folder /home/ada/.config/nexus       of the two files below
 * on tool_usage command_usage          or: off
 * block_sensitive false
 * consent
 * {"schema_version":1,…}
 * config 2 31                          lines and bytes of the text that follows, or: config none
 * [telemetry]
 * retention_days = 30
 * policy none
 * ```
 */
import { existsSync, readFileSync } from "node:fs";
import type { Category } from "../../shared/schema/categories.ts";
import { replaceFile } from "../files/atomic-write.ts";

/** Of each file that it is made from, and of its own: larger ones mean off. Bytes. */
export const maxBytes = 65_536;

export interface RecordingState {
  /** Where the consent record and the configuration lie. */
  readonly folder: string;
  /** What may be recorded; empty: nothing. */
  readonly collect: readonly Category[];
  readonly blockSensitive: boolean;
  /** The last line of the consent record. */
  readonly consent: string;
  /** The text of the file; `null` where there is none. */
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

/** Whether the file was made from the decisions in a folder. */
export function isStateOf(file: string, folder: string): boolean {
  const [first, second] = textOf(file)?.split("\n") ?? [];
  return first === head && second === `folder ${folder}`;
}

const textOf = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, "utf8") : undefined);

/** A text with the number of its lines and bytes before it. */
function copied(name: string, text: string | null): readonly string[] {
  if (text === null) return [`${name} none`];
  const terminated = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  const lines = terminated.split("\n").slice(0, -1);
  return [`${name} ${lines.length} ${Buffer.byteLength(text)}`, ...lines];
}

/**
 * Writes the file where it says something else. Where nothing may be recorded it makes none.
 * @throws the file system's error.
 */
export function keepRecordingState(file: string, state: RecordingState): void {
  const text = recordingStateText(state);
  const before = textOf(file);
  if (before === text || (before === undefined && state.collect.length === 0)) return;
  replaceFile(file, text);
}
