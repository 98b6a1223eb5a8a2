/**
 * What the editor and the worker say to each other: JSON-RPC over Node IPC, as in the Language Server Protocol. How events
 * are recorded stands in `recording.ts`, what is asked of their numbers in `numbers.ts`.
 *
 * Each message stands there or here once, with its parameters, its result, and who sends it to whom and why. Both sides check
 * what they receive with these checks; a malformed message is refused by name and place, its content never quoted.
 */

import { modes } from "../consent/consent.ts";
import { categories } from "../schema/categories.ts";
import { problem, validatePermission } from "./record.ts";
import { label, notification, request } from "./rpc.ts";
import {
  arrayOf,
  boolean,
  enumOf,
  integer,
  nonNegative,
  nullable,
  object,
  string,
  type Validated,
} from "./validate.ts";

const nothing = object({});
const path = string(4096);

/** Where and how a decision was given. */
export const consentChannels = ["vscode_page", "vscode_command", "terminal", "terminal_flags"] as const;

/** Editor → worker: write down the user's decision. The text that was shown is named by version and hash. */
export const GiveConsentRequest = request(
  "nexus/consent",
  object({
    mode: enumOf(modes),
    collect: arrayOf(enumOf(categories), categories.length),
    share: arrayOf(enumOf(categories), categories.length),
    /** The address that was shown to the user, where something may be shared. */
    destination: nullable(string(2048)),
    automatic: boolean,
    notice: object({ version: label, sha256: string(64) }),
    via: enumOf(consentChannels),
  }),
  /** `decidedMs`: the time in the record, in milliseconds since 1970. */
  object({ permission: validatePermission, decidedMs: integer() }),
);

/** How sharing stands: `server/upload/sharing.ts` says what each means. */
const sharingStatus = object({
  destination: nullable(string(256)),
  address: nullable(string(2048)),
  schema: integer(1, 2),
  pending: integer(),
  waiting: integer(),
  syncing: boolean,
  syncedMs: nullable(integer()),
  paused: nullable(string(4096)),
  failure: nullable(string(4096)),
  retryAtMs: nullable(integer()),
  receipts: nullable(boolean),
  rejected: integer(),
  erasures: integer(),
  erasing: integer(),
  sharedWith: integer(),
});

export type SharingStatus = Validated<typeof sharingStatus>;

export const StatusRequest = request(
  "nexus/status",
  nothing,
  object({
    /** `null` where it cannot be known: the consent record, the policy or the configuration cannot be read. */
    permission: nullable(validatePermission),
    /** When the user's last decision was made, in milliseconds since 1970. */
    decidedMs: nullable(integer()),
    /** `null`: there is none, or (with a problem) what is there cannot be read. */
    database: nullable(
      object({
        path,
        /** Of the database and its side files. */
        sizeBytes: integer(),
        events: integer(),
        sessions: integer(),
        oldestMs: nullable(integer()),
        newestMs: nullable(integer()),
        /** Numbers between the events of a source that never came: refused by the firewall, or lost. */
        missing: integer(),
        /** Events refused since the last purge because they lie before the low watermark. */
        belowWatermark: integer(),
        driver: string(256),
      }),
    ),
    /** Where the database lies, or would lie. */
    databasePath: path,
    configPath: path,
    /** The user's limits; `null` where the configuration cannot be read. */
    limits: nullable(object({ retentionDays: integer(), maxBytes: integer() })),
    /** What this worker cost since it started; `null` of a process that only looks. */
    resourceUsage: nullable(
      object({
        sinceMs: integer(),
        /** Of all its threads, in milliseconds. */
        cpuMs: integer(),
        residentBytes: integer(),
        /** How many events it took, and how long it worked on them until they were committed, in milliseconds. */
        events: integer(),
        recordMs: nonNegative,
      }),
    ),
    /** What this worker's firewall did since it started. */
    firewall: object({
      accepted: integer(),
      /** Events refused whole, by reason. */
      refused: arrayOf(object({ reason: label, count: integer() }), 64),
      /** Fields dropped, by reason. */
      dropped: arrayOf(object({ reason: label, count: integer() }), 64),
      /** Values in which the scanner found something, by rule. */
      redacted: arrayOf(object({ rule: label, count: integer() }), 64),
      /** Events by the source they name. */
      sources: arrayOf(object({ source: label, accepted: integer(), refused: integer() }), 64),
    }),
    /** `null` where it cannot be known. */
    sharing: nullable(sharingStatus),
    lastStoredMs: nullable(integer()),
    /** Accepted settings that have no effect, and other remarks, each a sentence. */
    notes: arrayOf(string(2048), 32),
    problem: nullable(problem),
  }),
);
export type Status = Validated<(typeof StatusRequest)["result"]>;

export const exportFormats = ["json", "jsonl", "csv"] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** Editor → worker: write everything that is stored to a file the user chose. */
export const ExportRequest = request(
  "nexus/export",
  object({ path, format: enumOf(exportFormats) }),
  object({ events: integer(), sizeBytes: integer() }),
);

const progress = object({ done: integer(), total: integer() });
export type ExportProgress = Validated<typeof progress>;

/** Worker → editor: how many of how many events an export has written. At most a hundred times. */
export const ExportProgressNotification = notification("nexus/exportProgress", progress);

/** Editor → worker: delete everything that is stored. */
export const PurgeRequest = request(
  "nexus/purge",
  nothing,
  object({
    events: integer(),
    sessions: integer(),
    freedBytes: integer(),
    /** Ids of what was erased that were searched for in the bytes of the files afterwards, and how many were found. */
    searched: integer(),
    found: integer(),
    /** Other files beside the database that still hold one: copies, which are the user's to remove. */
    copies: arrayOf(path, 1_000),
    /** Agents of whose settings a record was removed: with it they were given back to the byte. */
    agentSettings: integer(),
  }),
);

const quarantinedFile = object({ name: string(1024), reason: string(256) });

/** What came of a sending. */
const syncReport = object({
  outcome: enumOf(["done", "not_permitted", "busy", "waiting", "paused", "failed", "stopped"]),
  events: integer(),
  batches: integer(),
  rejected: integer(),
  erased: integer(),
  erasing: integer(),
  remaining: integer(),
  pending: integer(),
  /** What keeps it from going on, as a sentence. */
  reason: nullable(string(4096)),
  retryAtMs: nullable(integer()),
  quarantined: arrayOf(quarantinedFile, 1_000),
});
export type SyncReport = Validated<typeof syncReport>;

/** Editor → worker: send what may be sent, because the user asked. */
export const SyncRequest = request("nexus/sync", nothing, syncReport);

/** Editor → worker: ask every server that was sent something to erase it. */
export const EraseRemotelyRequest = request("nexus/eraseRemotely", nothing, syncReport);

/** Editor → worker: the exact bytes that would be sent next; `null` where there are none. */
export const PreviewRequest = request(
  "nexus/preview",
  nothing,
  nullable(object({ body: string(1_100_000), events: integer(), placeholder: boolean })),
);

/** Editor → worker: the newest entries of the ledger, the newest first. */
export const LedgerRequest = request(
  "nexus/ledger",
  nothing,
  arrayOf(object({ seq: integer(), tsMs: integer(), sentence: string(2048), receipt: boolean }), 50),
);
export type LedgerEntries = Validated<(typeof LedgerRequest)["result"]>;

/** Editor → worker: go on sharing under another pseudonym, which nothing links with the one before. */
export const ResetIdentityRequest = request("nexus/resetIdentity", nothing, nothing);

/** Editor → worker: check the ledger: chain, bodies, receipts. */
export const VerifyLedgerRequest = request(
  "nexus/verifyLedger",
  nothing,
  nullable(
    object({
      entries: integer(),
      receipts: integer(),
      withoutReceipt: integer(),
      bodies: integer(),
      faults: arrayOf(object({ seq: integer(), message: string(256) }), 1_000_000),
      head: string(64),
    }),
  ),
);

/** Worker → editor: something was stored or deleted; an open page asks again. */
export const DataChangedNotification = notification("nexus/dataChanged", nothing);

/** Worker → editor: how sharing stands now, where something may be shared. */
export const SharingChangedNotification = notification("nexus/sharingChanged", sharingStatus);

/** Worker → editor: a problem began, changed, or (`null`) ended. */
export const ProblemChangedNotification = notification("nexus/problemChanged", object({ problem: nullable(problem) }));
