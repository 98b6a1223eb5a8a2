/**
 * What the editor and the worker say to each other: JSON-RPC over Node IPC, as in the Language Server Protocol.
 *
 * Each message stands here once, with its parameters, its result, and who sends it to whom and why. Both sides check
 * what they receive with these checks; a malformed message is refused by name and place, its content never quoted.
 */

import { categories } from "./categories.ts";
import {
  amount,
  boolean,
  type Check,
  type Checked,
  listOf,
  nullable,
  oneOf,
  ratio,
  record,
  text,
  whole,
  word,
} from "./check.ts";
import { consentStates, modes, refusers } from "./consent.ts";
import type { Raw } from "./raw.ts";

export interface Request<P, R> {
  readonly method: string;
  readonly params: Check<P>;
  readonly result: Check<R>;
}

export interface Notification<P> {
  readonly method: string;
  readonly params: Check<P>;
}

const request = <P, R>(method: string, params: Check<P>, result: Check<R>): Request<P, R> => ({
  method,
  params,
  result,
});
const notification = <P>(method: string, params: Check<P>): Notification<P> => ({ method, params });

const nothing = record({});
const path = text(4096);
const label = text(64);

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
  "read_only",
  "storage_failing",
] as const;
export type ProblemKind = (typeof problemKinds)[number];

/** Something that keeps the product from working, in words for a person: what, where, and what to do. */
const problem = record({ kind: word(problemKinds), text: text(8192) });
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
    stored: record({ outcome: word(["stored"]), stored: whole(), repeated: whole(), refused: whole() }),
    /** The user, or someone on their behalf, says no: the events are to be forgotten. */
    not_permitted: record({ outcome: word(["not_permitted"]), permission: checkPermission }),
    /** Nothing was stored: keep the events and try again later. */
    failed: record({ outcome: word(["failed"]), problem }),
  }),
);

/** Where and how a decision was given. */
export const consentWays = ["vscode_page", "vscode_command", "terminal", "terminal_flags"] as const;

/** Editor → worker: write down the user's decision. The text that was shown is named by version and hash. */
export const giveConsent = request(
  "nexus/consent",
  record({
    mode: word(modes),
    collect: listOf(word(categories), categories.length),
    share: listOf(word(categories), categories.length),
    /** The host that was named to the user, where something may be shared. */
    destination: nullable(text(256)),
    automatic: boolean,
    notice: record({ version: label, sha256: text(64) }),
    via: word(consentWays),
  }),
  /** `decidedMs`: the time in the record, in milliseconds since 1970. */
  record({ permission: checkPermission, decidedMs: whole() }),
);

/** How sharing stands: `server/upload/sharing.ts` says what each means. */
const sharingStatus = record({
  destination: nullable(text(256)),
  schema: whole(1, 2),
  pending: whole(),
  waiting: whole(),
  syncing: boolean,
  syncedMs: nullable(whole()),
  paused: nullable(text(4096)),
  untilMs: nullable(whole()),
  receipts: nullable(boolean),
  rejected: whole(),
  erasures: whole(),
  sharedWith: whole(),
});

export type SharingStatus = Checked<typeof sharingStatus>;

export const status = request(
  "nexus/status",
  nothing,
  record({
    /** `null` where it cannot be known: the consent record, the policy or the configuration cannot be read. */
    permission: nullable(checkPermission),
    /** When the user's last decision was made, in milliseconds since 1970. */
    decidedMs: nullable(whole()),
    /** `null`: there is none, or (with a problem) what is there cannot be read. */
    database: nullable(
      record({
        path,
        /** Of the database and its side files. */
        sizeBytes: whole(),
        events: whole(),
        sessions: whole(),
        oldestMs: nullable(whole()),
        newestMs: nullable(whole()),
        /** Numbers between the events of a source that never came: refused by the firewall, or lost. */
        missing: whole(),
        driver: text(256),
      }),
    ),
    /** Where the database lies, or would lie. */
    databasePath: path,
    configPath: path,
    /** What this worker's firewall did since it started. */
    firewall: record({
      accepted: whole(),
      /** Events refused whole, by reason. */
      refused: listOf(record({ reason: label, count: whole() }), 64),
      /** Fields dropped, by reason. */
      dropped: listOf(record({ reason: label, count: whole() }), 64),
      /** Values in which the scanner found something, by rule. */
      redacted: listOf(record({ rule: label, count: whole() }), 64),
      /** Events by the source they name. */
      sources: listOf(record({ source: label, accepted: whole(), refused: whole() }), 64),
    }),
    /** `null` where it cannot be known. */
    sharing: nullable(sharingStatus),
    lastStoredMs: nullable(whole()),
    /** Accepted settings that have no effect, and other remarks, each a sentence. */
    remarks: listOf(text(2048), 32),
    problem: nullable(problem),
  }),
);
export type Status = Checked<(typeof status)["result"]>;

export const periods = ["today", "week", "month", "year"] as const;
export type Period = (typeof periods)[number];

const ending = <P extends Period>(period: P) => record({ period: word([period]) });

/** A period of the user's local days that ends now, or days of the user's choice, both included, as 2026-01-31. */
export const selection = oneOf("period", {
  today: ending("today"),
  week: ending("week"),
  month: ending("month"),
  year: ending("year"),
  custom: record({ period: word(["custom"]), from: text(10), to: text(10) }),
});
export type Selection = Checked<typeof selection>;

const ranked = record({
  name: label,
  /** Where a tool was used; `null` of a command. */
  source: nullable(label),
  count: whole(),
  failed: whole(),
  /** Of the uses whose duration is known, in milliseconds. */
  medianMs: nullable(whole()),
  totalMs: whole(),
});
export type Ranked = Checked<typeof ranked>;

export const units = ["hour", "day", "month"] as const;

/** Editor → worker: what the page shows, for a period. */
export const stats = request(
  "nexus/stats",
  selection,
  record({
    period: word([...periods, "custom"]),
    /** The period, in milliseconds since 1970; local midnight to now, or to the midnight after its last day. */
    fromMs: whole(),
    toMs: whole(),
    /** What a bar of the activity is. */
    unit: word(units),
    /** Where recording began, if that is within the period: the time before it is no silence of the user's. */
    recordedFromMs: nullable(whole()),
    sessions: whole(),
    /** From a session's first to its last event, in milliseconds; `null` without sessions. */
    averageSessionMs: nullable(whole()),
    /** Of Nexus tools, by event logs and the API (ADR-003). */
    workspacesCreated: whole(),
    tasksCompleted: whole(),
    /** Commands that ended: in terminals, and of Nexus tools. The tools of agents are counted apart. */
    commands: whole(),
    succeeded: whole(),
    failed: whole(),
    cancelled: whole(),
    /** Succeeded of succeeded and failed; `null` where there is none. */
    successRate: nullable(ratio),
    durations: nullable(record({ medianMs: whole(), p95Ms: whole(), totalMs: whole() })),
    topCommands: listOf(ranked, 10),
    topTools: listOf(ranked, 10),
    /** One bar a unit, in order, none left out. */
    activity: listOf(record({ startMs: whole(), succeeded: whole(), failed: whole(), other: whole() }), 62),
    /**
     * The same numbers of as many days before; of today, of yesterday until this hour. `null` where recording had not begun then.
     */
    before: nullable(record({ commands: whole(), successRate: nullable(ratio), totalMs: whole(), sessions: whole() })),
    /** Events known to be lost in the period. */
    dropped: whole(),
  }),
);
export type Stats = Checked<(typeof stats)["result"]>;

const counted = listOf(record({ name: label, count: whole() }), 11);

/** Editor → worker: personal usage metrics of a period. */
export const metrics = request(
  "nexus/metrics",
  selection,
  record({
    period: word([...periods, "custom"]),
    fromMs: whole(),
    toMs: whole(),
    sessions: whole(),
    /** Runs of commands that ended. */
    queries: whole(),
    totalMs: whole(),
    commands: counted,
    profiles: counted,
    thinktools: counted,
    tools: counted,
    averageMs: nullable(whole()),
    successRate: nullable(ratio),
    cacheHitRate: nullable(ratio),
    tokens: record({ input: whole(), output: whole(), cached: whole() }),
    cost: record({
      /** US dollars; `null` where nothing could be priced. */
      usd: nullable(amount),
      /** The month the prices are of. */
      pricesAsOf: label,
      notPriced: listOf(record({ model: label, tokens: whole() }), 256),
    }),
  }),
);
export type Metrics = Checked<(typeof metrics)["result"]>;

const insight = record({
  /** The same for the same thing in every period. */
  id: text(160),
  kind: word(["slow", "slower", "waiting", "failing", "flaky", "agent_failing", "agent_stalling", "unused", "gap"]),
  /** The command, tool or feature it is about. */
  subject: nullable(text(128)),
  /** The source of an agent's tool. */
  agent: nullable(label),
  /** By which insights are ranked: milliseconds a week that it costs. */
  score: amount,
  evidence: record({
    /** How many runs or uses it rests on. */
    sample: whole(),
    failed: nullable(whole()),
    share: nullable(ratio),
    /** The 95 % interval of the share (Wilson). */
    low: nullable(ratio),
    high: nullable(ratio),
    medianMs: nullable(whole()),
    p95Ms: nullable(whole()),
    totalMs: nullable(whole()),
    /** Milliseconds a week. */
    weekMs: nullable(whole()),
    /** The same in the period of the same length before. */
    before: nullable(record({ sample: whole(), medianMs: whole() })),
    /** The probability that such a difference comes by chance. */
    p: nullable(ratio),
  }),
});
export type Insight = Checked<typeof insight>;

/** Editor → worker: what stands out in a period, the most costly first. */
export const insights = request(
  "nexus/insights",
  selection,
  record({
    period: word([...periods, "custom"]),
    fromMs: whole(),
    /** Runs of commands in the period: few of them say little. */
    runs: whole(),
    insights: listOf(insight, 50),
  }),
);
export type Insights = Checked<(typeof insights)["result"]>;

export const exportFormats = ["json", "jsonl", "csv"] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** Editor → worker: write everything that is stored to a file the user chose. */
export const exportAll = request(
  "nexus/export",
  record({ path, format: word(exportFormats) }),
  record({ events: whole(), sizeBytes: whole() }),
);

const progress = record({ done: whole(), total: whole() });
export type Progress = Checked<typeof progress>;

/** Worker → editor: how many of how many events an export has written. At most a hundred times. */
export const exportProgress = notification("nexus/exportProgress", progress);

/** Editor → worker: delete everything that is stored. */
export const purge = request(
  "nexus/purge",
  nothing,
  record({
    events: whole(),
    sessions: whole(),
    freedBytes: whole(),
    /** Ids of what was erased that were searched for in the bytes of the files afterwards, and how many were found. */
    searched: whole(),
    found: whole(),
  }),
);

const setAside = record({ name: text(1024), reason: text(256) });

/** What came of a sending. */
const syncReport = record({
  outcome: word(["done", "not_permitted", "busy", "waiting", "paused", "failed", "stopped"]),
  events: whole(),
  batches: whole(),
  rejected: whole(),
  erased: whole(),
  left: whole(),
  /** What keeps it from going on, as a sentence. */
  reason: nullable(text(4096)),
  untilMs: nullable(whole()),
  setAside: listOf(setAside, 1_000),
});
export type SyncReport = Checked<typeof syncReport>;

/** Editor → worker: send what may be sent, because the user asked. */
export const sync = request("nexus/sync", nothing, syncReport);

/** Editor → worker: ask every server that was sent something to erase it. */
export const eraseRemotely = request("nexus/eraseRemotely", nothing, syncReport);

/** Editor → worker: the exact bytes that would be sent next; `null` where there are none. */
export const preview = request(
  "nexus/preview",
  nothing,
  nullable(record({ body: text(1_100_000), events: whole(), placeholder: boolean })),
);

/** Editor → worker: check the ledger: chain, bodies, receipts. */
export const verifyLedger = request(
  "nexus/verifyLedger",
  nothing,
  nullable(
    record({
      entries: whole(),
      receipts: whole(),
      withoutReceipt: whole(),
      bodies: whole(),
      faults: listOf(record({ seq: whole(), what: text(256) }), 1_000_000),
      head: text(64),
    }),
  ),
);

/** Worker → editor: something was stored or deleted; an open page asks again. */
export const dataChanged = notification("nexus/dataChanged", nothing);

/** Worker → editor: how sharing stands now, where something may be shared. */
export const sharingChanged = notification("nexus/sharingChanged", sharingStatus);

/** Worker → editor: a problem began, changed, or (`null`) ended. */
export const problemChanged = notification("nexus/problemChanged", record({ problem: nullable(problem) }));
