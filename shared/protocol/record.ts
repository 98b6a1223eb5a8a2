/**
 * How events get from the editor into the worker: what the editor says of itself, the events, and what keeps them from being
 * stored. Apart from the rest of the protocol, because it is all that the editor loads at start-up.
 */

import { consentStates, modes, refusalSources } from "../consent/consent.ts";
import { categories } from "../schema/categories.ts";
import type { Raw } from "../schema/raw.ts";
import { notification, request } from "./rpc.ts";
import {
  arrayOf,
  boolean,
  enumOf,
  integer,
  nullable,
  object,
  string,
  taggedUnion,
  type Validated,
  type Validator,
} from "./validate.ts";

/** The most events one request carries. */
export const maxEventsPerRequest = 50;

/** Raw stays opaque here: the firewall, not the protocol, looks inside. */
const raw: Validator<Raw> = (value) => value as Raw;

export const validatePermission = object({
  mode: enumOf(modes),
  collect: arrayOf(enumOf(categories), categories.length),
  agreed: arrayOf(enumOf(categories), categories.length),
  share: arrayOf(enumOf(categories), categories.length),
  agreedShare: arrayOf(enumOf(categories), categories.length),
  agreedDestination: nullable(string(256)),
  automatic: boolean,
  consent: enumOf(consentStates),
  refusals: arrayOf(object({ by: enumOf(refusalSources), reach: enumOf(["all", "sharing"]), name: string(4200) }), 64),
});

export const problemKinds = [
  "config_invalid",
  "database_locked",
  "database_newer",
  "database_quarantined",
  "disk_full",
  "internal",
  "read_only",
  "storage_failing",
  "unsafe_path",
] as const;
export type ProblemKind = (typeof problemKinds)[number];

/** Something that keeps the product from working, in words for a person: what, where, and what to do. */
export const problem = object({ kind: enumOf(problemKinds), text: string(8192) });
export type Problem = Validated<typeof problem>;

/** What the editor says of itself at start, in the `initializationOptions`, and whenever it changes. */
const editorState = object({
  /** VS Code's own telemetry switch. */
  telemetry: boolean,
  /** The setting `nexus.telemetry.enabled`. */
  enabled: boolean,
  /** The setting `http.proxy`; `null` where it is empty. */
  proxy: nullable(string(2048)),
});
export type EditorState = Validated<typeof editorState>;
export const validateEditorState = editorState;

/** Editor → worker: the telemetry switch or our setting changed; takes effect at once. */
export const EditorChangedNotification = notification("nexus/editorChanged", editorState);

/**
 * Editor → worker: store these events. The answer comes after they are committed, so the editor keeps them until then
 * and may send them again: an event id that is already stored is counted as `repeated` and changes nothing.
 */
export const RecordEventsRequest = request(
  "nexus/record",
  object({ events: arrayOf(raw, maxEventsPerRequest) }),
  taggedUnion("outcome", {
    stored: object({
      outcome: enumOf(["stored"]),
      stored: integer(),
      repeated: integer(),
      refused: integer(),
      /** Lie before the low watermark: they have expired or were purged, or a clock was wrong. */
      belowWatermark: integer(),
    }),
    /** The user, or someone on their behalf, says no: the events are to be forgotten. */
    not_permitted: object({ outcome: enumOf(["not_permitted"]), permission: validatePermission }),
    /** Nothing was stored: keep the events and try again later. */
    failed: object({ outcome: enumOf(["failed"]), problem }),
  }),
);

/** Editor → worker: today in a few numbers, for the status item. */
export const TodayRequest = request(
  "nexus/today",
  object({}),
  /** Commands that ended, those of them that failed, and uses of agents' tools. `purgeMark` changes with each purge; 0: none yet. */
  object({ commands: integer(), failed: integer(), agentToolCalls: integer(), purgeMark: integer() }),
);
export type Today = Validated<(typeof TodayRequest)["result"]>;
