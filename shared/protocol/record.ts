/**
 * Messages for recording: the editor's state, the events, and problems that prevent storing them.
 * Separate from the rest of the protocol because the editor loads only this part at start-up.
 */

import { consentStates, modes, refusalSources } from "../consent/consent.ts";
import { categories } from "../schema/categories.ts";
import type { Raw } from "../schema/raw.ts";
import { uploadSchemaVersions } from "../schema/upload-schema.ts";
import { notification, request } from "./rpc.ts";
import {
  arrayOf,
  boolean,
  enumOf,
  integer,
  nonNegative,
  nullable,
  object,
  string,
  taggedUnion,
  type Validated,
  type Validator,
} from "./validate.ts";
import { validateMessage } from "./validate-message.ts";

/** Limit of one request; how many events are sent together is up to the flush rule. */
export const maxEventsPerRequest = 1_000;

/** When captured events are sent: at a number of events, or some time after the first one. */
const validateFlushRule = object({ maxEvents: integer(1, maxEventsPerRequest), maxWaitMs: integer(1, 60_000) });
export type FlushRule = Validated<typeof validateFlushRule>;

/** Few enough for a live dashboard, long enough to send a burst together. */
export const defaultFlushRule: FlushRule = { maxEvents: 50, maxWaitMs: 250 };

/** Reads the worker's answer to `initialize`: `capabilities.experimental`. Anything else is the default. */
export function flushRuleIn(experimental: unknown): FlushRule {
  try {
    return validateFlushRule(Object(experimental)["flush"], "flush");
  } catch {
    return defaultFlushRule;
  }
}

/** Not validated here: only the firewall reads raw events. */
const raw: Validator<Raw> = (value) => value as Raw;

export const uploadSchema = enumOf(uploadSchemaVersions);

export const validatePermission = object({
  mode: enumOf(modes),
  collect: arrayOf(enumOf(categories), categories.length),
  agreed: arrayOf(enumOf(categories), categories.length),
  share: arrayOf(enumOf(categories), categories.length),
  agreedShare: arrayOf(enumOf(categories), categories.length),
  agreedDestination: nullable(string(2048)),
  agreedSchema: uploadSchema,
  earlierEvents: boolean,
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

/** A problem that prevents recording. The text says what happened, where, and what to do. */
export const problem = object({ kind: enumOf(problemKinds), message: validateMessage });
export type Problem = Validated<typeof problem>;

/** Sent at start in the `initializationOptions`, and whenever it changes. */
const editorState = object({
  /** Whether VS Code's telemetry level permits usage data. */
  telemetry: boolean,
  /** The setting `nexus.telemetry.enabled`. */
  enabled: boolean,
  /** The setting `http.proxy`; `null` if it is empty. */
  proxy: nullable(string(2048)),
});
export type EditorState = Validated<typeof editorState>;
export const validateEditorState = editorState;

/** Editor → worker: the editor state changed; takes effect immediately. */
export const EditorChangedNotification = notification("nexus/editorChanged", editorState);

/**
 * Editor → worker: stores events. The result comes after the commit; until then the editor keeps the
 * events and may send them again. An event ID that is already stored only counts as `repeated`.
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
      /** Before the low watermark: expired, purged, or dated by a wrong clock. */
      belowWatermark: integer(),
    }),
    /** There is no consent, or a refusal is active: the editor discards the events. */
    not_permitted: object({ outcome: enumOf(["not_permitted"]), permission: validatePermission }),
    /** Nothing was stored: the editor keeps the events and tries again later. */
    failed: object({ outcome: enumOf(["failed"]), problem }),
  }),
);

/** Editor → worker: today's totals, for the status bar item. */
export const TodayRequest = request(
  "nexus/today",
  /** `month`: whether the cost of the month is needed. */
  object({ month: boolean }),
  object({
    /** Those that ended. */
    commands: integer(),
    failed: integer(),
    agentToolCalls: integer(),
    /** US dollars at list prices; `null` if no model has a price. */
    costUsd: nullable(nonNegative),
    /** The same in this calendar month; `null` also if it was not asked for. */
    monthUsd: nullable(nonNegative),
    /** The newest command that became slower by more than chance. */
    slower: nullable(object({ id: string(160), command: string(128), factor: nonNegative, sinceMs: integer() })),
    /** Changes with each purge; 0: no purge yet. */
    purgeMark: integer(),
  }),
);
export type Today = Validated<(typeof TodayRequest)["result"]>;
