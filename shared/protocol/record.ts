/**
 * How events get from the editor into the worker: what the editor says of itself, the events, and what keeps them from being
 * stored. Apart from the rest of the protocol, because it is all that the editor loads at start-up.
 */

import { consentStates, modes, refusers } from "../consent/consent.ts";
import { categories } from "../schema/categories.ts";
import type { Raw } from "../schema/raw.ts";
import { notification, request } from "./rpc.ts";
import { boolean, type Check, type Checked, listOf, nullable, oneOf, record, text, whole, word } from "./validate.ts";

/** The most events one request carries. */
export const maxBatch = 50;

/** Raw stays opaque here: the firewall, not the protocol, looks inside. */
const raw: Check<Raw> = (value) => value as Raw;

export const checkPermission = record({
  mode: word(modes),
  collect: listOf(word(categories), categories.length),
  agreed: listOf(word(categories), categories.length),
  share: listOf(word(categories), categories.length),
  agreedShare: listOf(word(categories), categories.length),
  agreedDestination: nullable(text(256)),
  automatic: boolean,
  consent: word(consentStates),
  refusals: listOf(record({ by: word(refusers), reach: word(["all", "sharing"]), name: text(4200) }), 64),
});

export const problemKinds = [
  "config_invalid",
  "database_locked",
  "database_newer",
  "database_set_aside",
  "disk_full",
  "internal",
  "read_only",
  "storage_failing",
  "unsafe_path",
] as const;
export type ProblemKind = (typeof problemKinds)[number];

/** Something that keeps the product from working, in words for a person: what, where, and what to do. */
export const problem = record({ kind: word(problemKinds), text: text(8192) });
export type Problem = Checked<typeof problem>;

/** What the editor says of itself at start, in the `initializationOptions`, and whenever it changes. */
const editorState = record({
  /** VS Code's own telemetry switch. */
  telemetry: boolean,
  /** The setting `nexus.telemetry.enabled`. */
  enabled: boolean,
  /** The setting `http.proxy`; `null` where it is empty. */
  proxy: nullable(text(2048)),
});
export type EditorState = Checked<typeof editorState>;
export const checkEditorState = editorState;

/** Editor → worker: the telemetry switch or our setting changed; takes effect at once. */
export const editorChanged = notification("nexus/editorChanged", editorState);

/**
 * Editor → worker: store these events. The answer comes after they are committed, so the editor keeps them until then
 * and may send them again: an event id that is already stored is counted as `repeated` and changes nothing.
 */
export const recordEvents = request(
  "nexus/record",
  record({ events: listOf(raw, maxBatch) }),
  oneOf("outcome", {
    stored: record({
      outcome: word(["stored"]),
      stored: whole(),
      repeated: whole(),
      refused: whole(),
      /** Lie before the low watermark: they have expired or were purged, or a clock was wrong. */
      belowWatermark: whole(),
    }),
    /** The user, or someone on their behalf, says no: the events are to be forgotten. */
    not_permitted: record({ outcome: word(["not_permitted"]), permission: checkPermission }),
    /** Nothing was stored: keep the events and try again later. */
    failed: record({ outcome: word(["failed"]), problem }),
  }),
);

/** Editor → worker: today in a few numbers, for the status item. */
export const today = request(
  "nexus/today",
  record({}),
  /** Commands that ended, those of them that failed, and uses of agents' tools. `purgeMark` changes with each purge; 0: none yet. */
  record({ commands: whole(), failed: whole(), agentUses: whole(), purgeMark: whole() }),
);
export type Today = Checked<(typeof today)["result"]>;
