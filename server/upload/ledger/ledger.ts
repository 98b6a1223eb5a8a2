/**
 * The ledger: one entry before each request and one after it, linked by digests (a hash chain), so
 * that any later change is detected. Bodies are stored outside the chain, by digest, so that a
 * purge can delete them without breaking it.
 */
import { createHash } from "node:crypto";
import { type Connection, perConnection, type Row } from "../../store/driver/driver.ts";
import { type Compressed, decompress } from "../wire/compression.ts";
import { type Receipt, type SignedReceipt, verifyErasure, verifyReceipt } from "../wire/receipt.ts";

export const requestKinds = ["batch", "enroll", "rotate", "keys", "erasure", "schema"] as const;
export type RequestKind = (typeof requestKinds)[number];

export const outcomes = [
  "accepted",
  "already_received",
  "later",
  "too_large",
  "rejected",
  "not_authorized",
  "not_supported",
  "failed",
] as const;
export type RequestOutcome = (typeof outcomes)[number];

interface RequestEntry {
  /** Milliseconds since 1970. */
  readonly ts: number;
  readonly kind: RequestKind;
  readonly host: string;
  readonly batch_id: string | null;
}

export interface Sending extends RequestEntry {
  readonly phase: "sending";
  /** SHA-256 of the exact body, in hex. */
  readonly sha256: string;
  readonly bytes: number;
  readonly events: number;
}

export interface Answered extends RequestEntry {
  readonly phase: "answered";
  readonly outcome: RequestOutcome;
  /** `null` if no answer arrived. */
  readonly status: number | null;
  /** Why the request failed, in our own words: never text from the answer. */
  readonly reason: string | null;
  readonly receipt: SignedReceipt | null;
}

/** A receipt key that became trusted: on first use, or because a trusted key signed it. */
export interface KeyPinned {
  readonly phase: "key_pinned";
  readonly ts: number;
  readonly host: string;
  readonly key_id: string;
  readonly public_key: string;
}

export type Entry = Sending | Answered | KeyPinned;

export interface LedgerRow {
  readonly seq: number;
  readonly entry: Entry;
  readonly hash: string;
  /** Whether the body is still stored. */
  readonly body: boolean;
}

/** The digest before the first entry. */
const chainStart = "0".repeat(64);

export const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");
const chainHash = (previous: string, text: string): string => sha256(`${previous}\n${text}`);

const statementsOf = perConnection((connection) => ({
  last: connection.prepare("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1"),
  append: connection.prepare("INSERT INTO ledger (seq, entry, hash) VALUES (?, ?, ?)"),
  saveBody: connection.prepare(
    `INSERT INTO ledger_bodies (sha256, body, seq, sent_at) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET seq = excluded.seq, sent_at = excluded.sent_at, answered = 0`,
  ),
}));

/**
 * Appends an entry in the caller's transaction. A body that is sent several times is stored once.
 */
export function appendEntry(connection: Connection, entry: Entry, body?: Compressed): void {
  const { last, append: insert, saveBody } = statementsOf(connection);
  const before = last.get();
  const text = JSON.stringify(entry);
  const hash = chainHash(String(before?.["hash"] ?? chainStart), text);
  const seq = Number(before?.["seq"] ?? 0) + 1;
  insert.run(seq, text, hash);
  if (entry.phase === "sending" && body !== undefined) saveBody.run(entry.sha256, body, seq, entry.ts);
}

/** Marks a body as accepted or finally refused: the size limit deletes such bodies first. */
export function saveResponseBody(connection: Connection, digest: string): void {
  connection.prepare("UPDATE ledger_bodies SET answered = 1 WHERE sha256 = ?").run(digest);
}

/** Returns the body of an entry. A modified entry may have any digest, or not be JSON. */
function storedBody(connection: Connection, text: string): Row | undefined {
  const entry = parseEntry(text);
  if (entry?.phase !== "sending" || typeof entry.sha256 !== "string") return undefined;
  return connection.prepare("SELECT body FROM ledger_bodies WHERE sha256 = ?").get(entry.sha256);
}

/** Returns up to `max` entries, newest first. */
export function listEntries(connection: Connection, max = 100): readonly LedgerRow[] {
  return connection
    .prepare("SELECT seq, entry, hash FROM ledger ORDER BY seq DESC LIMIT ?")
    .all(max)
    .map((row) => ({
      seq: Number(row["seq"]),
      entry: JSON.parse(String(row["entry"])) as Entry,
      hash: String(row["hash"]),
      body: storedBody(connection, String(row["entry"])) !== undefined,
    }));
}

/** Returns an entry; `undefined` if there is none, or it is damaged. */
export function readEntry(connection: Connection, seq: number): Entry | undefined {
  const entry = connection.prepare("SELECT entry FROM ledger WHERE seq = ?").get(seq)?.["entry"];
  return entry === undefined ? undefined : parseEntry(String(entry));
}

/** Returns the exact body of an entry; `undefined` if it was deleted or the entry has none. */
export function readBody(connection: Connection, seq: number): Buffer | undefined {
  const entry = connection.prepare("SELECT entry FROM ledger WHERE seq = ?").get(seq)?.["entry"];
  return entry === undefined ? undefined : decompress(storedBody(connection, String(entry))?.["body"]);
}

/**
 * Deletes all bodies, or those last sent before a time. The entries stay: time, host and digest.
 */
export function dropBodies(connection: Connection, beforeMs = Number.MAX_SAFE_INTEGER): void {
  connection.prepare("DELETE FROM ledger_bodies WHERE sent_at < ?").run(beforeMs);
}

/**
 * Deletes up to `count` bodies, answered ones first, then the oldest. Returns the number deleted.
 */
export function dropOldestBodies(connection: Connection, count: number): number {
  const oldest = "SELECT id FROM ledger_bodies ORDER BY answered DESC, seq LIMIT ?";
  return connection.prepare(`DELETE FROM ledger_bodies WHERE id IN (${oldest})`).run(count);
}

/** Returns whether the ledger has a request for this batch. */
export function hasBatch(connection: Connection, batchId: string): boolean {
  return connection.prepare("SELECT 1 FROM ledger WHERE entry ->> 'batch_id' = ? LIMIT 1").get(batchId) !== undefined;
}

export interface LedgerFault {
  readonly seq: number;
  readonly message: string;
}

export interface LedgerCheck {
  readonly entries: number;
  /** Verified receipts, of batches and of erasures. */
  readonly receipts: number;
  /** Of these, the receipts of erasures. */
  readonly erasures: number;
  /** Batches accepted without a receipt. */
  readonly withoutReceipt: number;
  readonly bodies: number;
  readonly faults: readonly LedgerFault[];
  /** The digest of the last entry. A copy elsewhere proves that no entry was removed at the end. */
  readonly head: string;
}

/** A stored entry: the exact text that the chain covers, and the body if it is still stored. */
export interface LedgerLine {
  readonly seq: number;
  readonly entry: string;
  readonly hash: string;
  readonly body: Buffer | "damaged" | undefined;
}

/** Yields up to `max` entries with a sequence number above `after`, oldest first; -1 for all. */
export function* lines(connection: Connection, after = 0, max = -1): Iterable<LedgerLine> {
  const rows = connection.prepare("SELECT * FROM ledger WHERE seq > ? ORDER BY seq LIMIT ?");
  for (const row of rows.iterate(after, max)) {
    const entry = String(row["entry"]);
    const body = readableBody(storedBody(connection, entry));
    yield { seq: Number(row["seq"]), entry, hash: String(row["hash"]), body };
  }
}

/** Verifies the chain, every stored body and every receipt, offline. */
export function verify(ledger: Iterable<LedgerLine>): LedgerCheck {
  const faults: LedgerFault[] = [];
  const keys = new Map<string, string>();
  const digests = new Map<string, string>();
  let previous = chainStart;
  /** Host and digest of each requested erasure. */
  const requested = new Set<string>();
  let counts = { entries: 0, receipts: 0, erasures: 0, withoutReceipt: 0, bodies: 0 };
  for (const { seq, entry: text, hash: storedHash, body } of ledger) {
    const fault = (message: string) => faults.push({ seq, message });
    counts = { ...counts, entries: counts.entries + 1 };
    if (seq !== counts.entries) fault("previous entry missing");
    const isModified = chainHash(previous, text) !== storedHash;
    if (isModified) fault("entry or a previous entry modified");
    previous = storedHash;
    // A modified entry proves nothing.
    const entry = isModified ? undefined : parseEntry(text);
    if (entry === undefined) continue;
    if (entry.phase === "key_pinned") keys.set(`${entry.host} ${entry.key_id}`, entry.public_key);
    if (entry.phase === "sending") {
      if (entry.batch_id !== null) digests.set(entry.batch_id, entry.sha256);
      if (entry.kind === "erasure") requested.add(`${entry.host} ${entry.sha256}`);
      if (body === undefined) continue;
      counts = { ...counts, bodies: counts.bodies + 1 };
      if (body === "damaged" || sha256(body) !== entry.sha256) fault("body does not match its digest");
    }
    if (entry.phase !== "answered" || (entry.kind !== "batch" && entry.kind !== "erasure")) continue;
    if (entry.receipt === null) {
      if (entry.outcome === "accepted" && entry.kind === "batch")
        counts = { ...counts, withoutReceipt: counts.withoutReceipt + 1 };
      continue;
    }
    const why = receiptFault(entry, entry.receipt, { keys, digests, requested });
    if (why !== undefined) fault(why);
    else {
      const erasures = counts.erasures + (entry.kind === "erasure" ? 1 : 0);
      counts = { ...counts, receipts: counts.receipts + 1, erasures };
    }
  }
  return { ...counts, faults, head: previous };
}

/** What the entries before an answer say: trusted keys, sent batches, and requested erasures. */
interface Known {
  /** Public keys by host and key ID. */
  readonly keys: ReadonlyMap<string, string>;
  /** Digests by batch ID. */
  readonly digests: ReadonlyMap<string, string>;
  /** Host and digest of each requested erasure. */
  readonly requested: ReadonlySet<string>;
}

/** Returns why a receipt proves nothing; `undefined` if it is the server's, and for this request. */
function receiptFault(
  { host, kind, batch_id: batchId }: Answered,
  signed: SignedReceipt,
  { keys, digests, requested }: Known,
): string | undefined {
  const key = keys.get(`${host} ${signed.key_id}`);
  if (key === undefined) return "receipt signed with an untrusted key";
  if (kind === "erasure") {
    const erasure = verifyErasure(signed, key);
    if (erasure === undefined) return "invalid receipt of an erasure";
    const digest = sha256(erasureBody(erasure.anon_user_id));
    return requested.has(`${host} ${digest}`) ? undefined : "receipt for an erasure that was not requested";
  }
  const receipt = verifyReceipt(signed, key);
  if (receipt === undefined) return "receipt with an invalid signature";
  return isForBatch(receipt, batchId, digests) ? undefined : "receipt for a different batch";
}

/** The exact body of an erasure request. */
export const erasureBody = (anonUserId: string): string => JSON.stringify({ anon_user_id: anonUserId });

function isForBatch(receipt: Receipt, batchId: string | null, digests: ReadonlyMap<string, string>): boolean {
  return receipt.batch_id === batchId && receipt.sha256 === digests.get(receipt.batch_id);
}

function parseEntry(text: string): Entry | undefined {
  try {
    return JSON.parse(text) as Entry;
  } catch {
    return undefined;
  }
}

function readableBody(row: Row | undefined): LedgerLine["body"] {
  try {
    return decompress(row?.["body"]);
  } catch {
    return "damaged";
  }
}
