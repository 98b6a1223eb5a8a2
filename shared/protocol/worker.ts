/**
 * Messages between editor and worker: JSON-RPC over Node IPC, as in the Language Server Protocol.
 * Recording is in `record.ts`, statistics are in `reports.ts`.
 *
 * Each message is declared once with its validators, direction and reason. Both sides validate what
 * they receive; an error names the path, never the content.
 */

import { modes } from "../consent/consent.ts";
import { categories } from "../schema/categories.ts";
import { problem, uploadSchema, validatePermission } from "./record.ts";
import { selection } from "./reports.ts";
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
import { validateMessage } from "./validate-message.ts";

const nothing = object({});

/** The notice that was shown: its version, its SHA-256 in hex, and its language (BCP 47). */
export const displayedNotice = object({ version: label, sha256: string(64), language: label });

const path = string(4096);

/** Stored with the decision in `consent.jsonl`. */
export const consentChannels = ["vscode_page", "vscode_command", "terminal", "terminal_flags"] as const;

/** Editor → worker: stores the user's decision. `notice` identifies the text that was shown. */
export const GiveConsentRequest = request(
  "nexus/consent",
  object({
    mode: enumOf(modes),
    collect: arrayOf(enumOf(categories), categories.length),
    share: arrayOf(enumOf(categories), categories.length),
    /** The upload URL that was shown to the user, if something may be shared. */
    destination: nullable(string(2048)),
    automatic: boolean,
    /** The largest upload schema that the user agreed to. */
    schema: uploadSchema,
    /** Whether event log lines from before the consent are imported. */
    earlierEvents: boolean,
    notice: displayedNotice,
    via: enumOf(consentChannels),
  }),
  /** `decidedMs`: time in the consent record, in milliseconds since 1970. */
  object({ permission: validatePermission, decidedMs: integer() }),
);

/** The fields are explained in `server/upload/sharing.ts`. */
const sharingStatus = object({
  destination: nullable(string(256)),
  address: nullable(string(2048)),
  schema: uploadSchema,
  agreedSchema: nullable(uploadSchema),
  offered: nullable(object({ schema: uploadSchema, checkedMs: integer() })),
  pending: integer(),
  waiting: integer(),
  syncing: boolean,
  syncedMs: nullable(integer()),
  paused: nullable(validateMessage),
  failure: nullable(arrayOf(validateMessage, 2)),
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
    /** `null`: unknown, because the consent file, policy file or configuration is unreadable. */
    permission: nullable(validatePermission),
    /** Time of the user's last decision, in milliseconds since 1970. */
    decidedMs: nullable(integer()),
    /** `null`: there is no database, or (with a problem) it is unreadable. */
    database: nullable(
      object({
        path,
        /** Of the database, its WAL and its shared-memory file. */
        sizeBytes: integer(),
        events: integer(),
        sessions: integer(),
        oldestMs: nullable(integer()),
        newestMs: nullable(integer()),
        /** Gaps in the sequence numbers: events that the firewall refused, or that were lost. */
        missing: integer(),
        /** Events before the low watermark that were refused since the last purge. */
        belowWatermark: integer(),
        driver: string(256),
      }),
    ),
    /** Also set if there is no database yet. */
    databasePath: path,
    configPath: path,
    /** The configured limits; `null` if the configuration is unreadable. */
    limits: nullable(
      object({
        retentionDays: integer(),
        maxBytes: integer(),
        /** Of totals; `null`: until a purge. */
        rollupRetentionDays: nullable(integer()),
      }),
    ),
    /** Since the start of this worker; `null` in a process that only reads. */
    resourceUsage: nullable(
      object({
        sinceMs: integer(),
        /** All threads, in milliseconds. */
        cpuMs: integer(),
        residentBytes: integer(),
        /** Accepted events, and the time spent on them up to the commit, in milliseconds. */
        events: integer(),
        recordMs: nonNegative,
      }),
    ),
    /** Since the start of this worker. */
    firewall: object({
      accepted: integer(),
      /** Refused events by reason. */
      refused: arrayOf(object({ reason: label, count: integer() }), 64),
      /** Dropped fields by reason. */
      dropped: arrayOf(object({ reason: label, count: integer() }), 64),
      /** Values that the scanner rejected, by rule. */
      redacted: arrayOf(object({ rule: label, count: integer() }), 64),
      /** Events by source. */
      sources: arrayOf(object({ source: label, accepted: integer(), refused: integer() }), 64),
    }),
    /** `null`: unknown. */
    sharing: nullable(sharingStatus),
    lastStoredMs: nullable(integer()),
    /** Accepted settings without effect, and other notes; one sentence each. */
    notes: arrayOf(validateMessage, 32),
    problem: nullable(problem),
  }),
);
export type Status = Validated<(typeof StatusRequest)["result"]>;

export const exportFormats = ["json", "jsonl", "csv"] as const;
export type ExportFormat = (typeof exportFormats)[number];

export const exportKinds = ["settings", "consent", "sessions", "events", "totals", "ledger"] as const;
export type ExportKind = (typeof exportKinds)[number];

/** Editor → worker: exports stored data to a file that the user chose, also to an existing one. */
export const ExportRequest = request(
  "nexus/export",
  object({ path, format: enumOf(exportFormats), what: arrayOf(enumOf(exportKinds), exportKinds.length) }),
  object({
    sizeBytes: integer(),
    /** Number of exported rows by kind. */
    counts: arrayOf(object({ kind: enumOf(exportKinds), rows: integer() }), exportKinds.length),
  }),
);

const progress = object({ done: integer(), total: integer() });
export type ExportProgress = Validated<typeof progress>;

/** Worker → editor: number of exported rows so far. Sent up to 100 times per export. */
export const ExportProgressNotification = notification("nexus/exportProgress", progress);

/** What was deleted, and the proof. */
const erasedRows = {
  events: integer(),
  sessions: integer(),
  freedBytes: integer(),
  /** Erased IDs that were searched for in the files afterwards, and how many were found. */
  searched: integer(),
  found: integer(),
  /** Other files in the folder that still contain an ID: copies that only the user can remove. */
  copies: arrayOf(path, 1_000),
};

/** Editor → worker: deletes all stored data and verifies the deletion. */
export const PurgeRequest = request(
  "nexus/purge",
  nothing,
  object({
    ...erasedRows,
    /** Agents whose connection record was deleted; it allows restoring settings byte for byte. */
    agentSettings: integer(),
  }),
);

/** A source, or a workspace by its name, URI or stored hash; and days of the calendar. `null`: any. */
const eraseSelection = object({
  source: nullable(label),
  workspace: nullable(string(4096)),
  period: nullable(selection),
});
export type EraseRequestSelection = Validated<typeof eraseSelection>;

/** Editor → worker: counts what erasing a part would delete. Without a selection only lists the sources. */
export const ErasePlanRequest = request(
  "nexus/erasePlan",
  eraseSelection,
  object({
    sources: arrayOf(label, 64),
    events: integer(),
    sessions: integer(),
    /** Rows of hourly and daily totals. */
    totals: integer(),
    /** Estimated share of the database file. */
    bytes: integer(),
  }),
);
export type ErasePlan = Validated<(typeof ErasePlanRequest)["result"]>;

/** Editor → worker: deletes a part of the stored data and verifies the deletion. */
export const ErasePartRequest = request("nexus/erasePart", eraseSelection, object(erasedRows));
export type ErasedPart = Validated<(typeof ErasePartRequest)["result"]>;

const quarantinedFile = object({ name: string(1024), reason: string(256) });

const syncReport = object({
  outcome: enumOf(["done", "not_permitted", "busy", "waiting", "paused", "failed", "stopped"]),
  events: integer(),
  batches: integer(),
  rejected: integer(),
  erased: integer(),
  erasing: integer(),
  remaining: integer(),
  pending: integer(),
  /** Why the upload did not complete; one sentence. */
  reason: nullable(validateMessage),
  retryAtMs: nullable(integer()),
  quarantined: arrayOf(quarantinedFile, 1_000),
});
export type SyncReport = Validated<typeof syncReport>;

/** Editor → worker: uploads pending events, because the user chose to. */
export const SyncRequest = request("nexus/sync", nothing, syncReport);

/** Editor → worker: asks the configured server which upload schemas it accepts, because the user chose to. */
export const CheckServerRequest = request(
  "nexus/checkServer",
  nothing,
  object({
    host: string(256),
    /** The largest schema that the server accepts and this version knows; 1 if it did not say. */
    schema: uploadSchema,
    /** Why the answer did not count; `null` if it did. */
    reason: nullable(validateMessage),
  }),
);
export type SchemaCheck = Validated<(typeof CheckServerRequest)["result"]>;

/** Editor → worker: requests remote erasure from every server that received data. */
export const EraseRemotelyRequest = request("nexus/eraseRemotely", nothing, syncReport);

/**
 * Editor → worker: returns the exact bytes of the next batch; `null` if nothing is pending. With categories, or without consent: of
 * stored events, as if the user had agreed to share these (all if `null`) in the largest schema that the server accepts.
 */
export const PreviewRequest = request(
  "nexus/preview",
  object({
    categories: nullable(arrayOf(enumOf(categories), categories.length)),
    limit: nullable(integer(1, 1_000)),
  }),
  nullable(object({ body: string(1_100_000), events: integer(), placeholder: boolean })),
);

/** What a ledger row is about; `key_pinned` is no request. */
export const ledgerKinds = ["batch", "enroll", "rotate", "keys", "erasure", "schema", "key_pinned"] as const;

/** Editor → worker: returns the newest requests in the ledger, newest first. */
export const LedgerRequest = request(
  "nexus/ledger",
  nothing,
  arrayOf(
    object({
      /** Number of the entry before the request. */
      seq: integer(),
      /** Number of the entry after it; `null` if no answer arrived. */
      answerSeq: nullable(integer()),
      tsMs: integer(),
      kind: enumOf(ledgerKinds),
      host: string(256),
      events: integer(),
      bytes: integer(),
      /** SHA-256 of the exact body, in hex; `null` for a pinned key. */
      sha256: nullable(string(64)),
      /** What the server answered, as a sentence; `null` if no answer arrived. */
      result: nullable(string(512)),
      receipt: boolean,
      /** Whether the exact body is still stored. */
      body: boolean,
    }),
    50,
  ),
);
export type LedgerRequests = Validated<(typeof LedgerRequest)["result"]>;

/** Editor → worker: returns the exact body of a request and the receipt of its answer. */
export const LedgerRequestDetails = request(
  "nexus/ledgerRequest",
  object({ seq: integer(1), answerSeq: nullable(integer(1)) }),
  object({
    seq: integer(),
    /** `null`: it was deleted, contains a secret, or is empty. */
    body: nullable(string(1_100_000)),
    /** The signed text and its signature; `null` if there is none. */
    receipt: nullable(object({ receipt: string(4096), key_id: label, signature: string(128) })),
  }),
);
export type LedgerDetails = Validated<(typeof LedgerRequestDetails)["result"]>;

/** Editor → worker: replaces the pseudonym with an unlinkable new one. */
export const ResetIdentityRequest = request("nexus/resetIdentity", nothing, nothing);

/** Editor → worker: verifies the ledger: chain, bodies and receipts. */
export const VerifyLedgerRequest = request(
  "nexus/verifyLedger",
  nothing,
  nullable(
    object({
      entries: integer(),
      /** Verified receipts, of batches and of erasures. */
      receipts: integer(),
      /** Of these, the receipts of erasures. */
      erasures: integer(),
      withoutReceipt: integer(),
      bodies: integer(),
      faults: arrayOf(object({ seq: integer(), message: string(256) }), 1_000_000),
      head: string(64),
    }),
  ),
);

/** Worker → editor: data was stored or deleted; an open dashboard reloads it. */
export const DataChangedNotification = notification("nexus/dataChanged", nothing);

/** Worker → editor: the sharing status changed. Sent only if something may be shared. */
export const SharingChangedNotification = notification("nexus/sharingChanged", sharingStatus);

/** Worker → editor: a problem started, changed, or (`null`) was resolved. */
export const ProblemChangedNotification = notification("nexus/problemChanged", object({ problem: nullable(problem) }));
