/**
 * What the editor and the worker say to each other: JSON-RPC over Node IPC, as in the Language Server Protocol. How events
 * are recorded stands in `recording.ts`, what is asked of their numbers in `numbers.ts`.
 *
 * Each message stands there or here once, with its parameters, its result, and who sends it to whom and why. Both sides check
 * what they receive with these checks; a malformed message is refused by name and place, its content never quoted.
 */

import { modes } from "../consent/consent.ts";
import { categories } from "../schema/categories.ts";
import { checkPermission, problem } from "./record.ts";
import { label, notification, request } from "./rpc.ts";
import { amount, boolean, type Checked, listOf, nullable, record, text, whole, word } from "./validate.ts";

const nothing = record({});
const path = text(4096);

/** Where and how a decision was given. */
export const consentWays = ["vscode_page", "vscode_command", "terminal", "terminal_flags"] as const;

/** Editor → worker: write down the user's decision. The text that was shown is named by version and hash. */
export const giveConsent = request(
  "nexus/consent",
  record({
    mode: word(modes),
    collect: listOf(word(categories), categories.length),
    share: listOf(word(categories), categories.length),
    /** The address that was shown to the user, where something may be shared. */
    destination: nullable(text(2048)),
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
  address: nullable(text(2048)),
  schema: whole(1, 2),
  pending: whole(),
  waiting: whole(),
  syncing: boolean,
  syncedMs: nullable(whole()),
  paused: nullable(text(4096)),
  failure: nullable(text(4096)),
  untilMs: nullable(whole()),
  receipts: nullable(boolean),
  rejected: whole(),
  erasures: whole(),
  erasing: whole(),
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
        /** Events refused since the last purge because they lie before the low watermark. */
        belowWatermark: whole(),
        driver: text(256),
      }),
    ),
    /** Where the database lies, or would lie. */
    databasePath: path,
    configPath: path,
    /** The user's limits; `null` where the configuration cannot be read. */
    limits: nullable(record({ retentionDays: whole(), mostBytes: whole() })),
    /** What this worker cost since it started; `null` of a process that only looks. */
    cost: nullable(
      record({
        sinceMs: whole(),
        /** Of all its threads, in milliseconds. */
        cpuMs: whole(),
        residentBytes: whole(),
        /** How many events it took, and how long it worked on them until they were committed, in milliseconds. */
        events: whole(),
        recordMs: amount,
      }),
    ),
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
    /** Other files beside the database that still hold one: copies, which are the user's to remove. */
    copies: listOf(path, 1_000),
    /** Agents of whose settings a record was removed: with it they were given back to the byte. */
    agentSettings: whole(),
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
  erasing: whole(),
  left: whole(),
  pending: whole(),
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

/** Editor → worker: the newest entries of the ledger, the newest first. */
export const ledger = request(
  "nexus/ledger",
  nothing,
  listOf(record({ seq: whole(), tsMs: whole(), sentence: text(2048), receipt: boolean }), 50),
);
export type LedgerEntries = Checked<(typeof ledger)["result"]>;

/** Editor → worker: go on sharing under another pseudonym, which nothing links with the one before. */
export const resetIdentity = request("nexus/resetIdentity", nothing, nothing);

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
