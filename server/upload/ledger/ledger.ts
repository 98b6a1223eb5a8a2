/**
 * The ledger: an entry before each request and one after it, each with the digest of the one before (a hash chain), so that
 * a change of any byte shows. The bodies lie outside the chain, by their digests, so that they can be dropped.
 */
import { createHash } from "node:crypto";
import { type Connection, perConnection, type Row } from "../../store/driver/driver.ts";
import { type Compressed, decompress } from "../wire/compression.ts";
import { type Receipt, type SignedReceipt, verifyReceipt } from "../wire/receipt.ts";

export const requestKinds = ["batch", "enroll", "rotate", "keys", "erasure"] as const;
export type RequestKind = (typeof requestKinds)[number];

/** What came of a request. */
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

interface Common {
  /** Milliseconds since 1970. */
  readonly ts: number;
  readonly kind: RequestKind;
  readonly host: string;
  readonly batch_id: string | null;
}

export interface Sending extends Common {
  readonly phase: "sending";
  /** Of the exact body, SHA-256 in hex. */
  readonly sha256: string;
  readonly bytes: number;
  readonly events: number;
}

export interface Answered extends Common {
  readonly phase: "answered";
  readonly outcome: RequestOutcome;
  /** The status code, `null` where none came. */
  readonly status: number | null;
  /** What failed, in our own words. */
  readonly reason: string | null;
  readonly receipt: SignedReceipt | null;
}

/** A server's key for receipts, from now on trusted: at first use, or signed by one that was. */
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
  /** Whether the body is still kept. */
  readonly body: boolean;
}

const start = "0".repeat(64);

export const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");
const chained = (previous: string, text: string): string => sha256(`${previous}\n${text}`);

const statementsOf = perConnection((connection) => ({
  last: connection.prepare("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1"),
  append: connection.prepare("INSERT INTO ledger (seq, entry, hash) VALUES (?, ?, ?)"),
  keep: connection.prepare(
    `INSERT INTO ledger_bodies (sha256, body, seq, sent_at) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET seq = excluded.seq, sent_at = excluded.sent_at, answered = 0`,
  ),
}));

/** Appends within the transaction of the caller. The body of a request is kept once, however often it is sent. */
export function appendEntry(connection: Connection, entry: Entry, body?: Compressed): void {
  const { last, append: insert, keep } = statementsOf(connection);
  const before = last.get();
  const text = JSON.stringify(entry);
  const hash = chained(String(before?.["hash"] ?? start), text);
  const seq = Number(before?.["seq"] ?? 0) + 1;
  insert.run(seq, text, hash);
  if (entry.phase === "sending" && body !== undefined) keep.run(entry.sha256, body, seq, entry.ts);
}

/** The server took a body, or refused it for good: it is among the first to go for the size limit. */
export function saveResponseBody(connection: Connection, digest: string): void {
  connection.prepare("UPDATE ledger_bodies SET answered = 1 WHERE sha256 = ?").run(digest);
}

/** The kept body that an entry refers to. A changed entry may refer to anything, or be no JSON. */
function storedBody(connection: Connection, text: string): Row | undefined {
  const entry = parsed(text);
  if (entry?.phase !== "sending" || typeof entry.sha256 !== "string") return undefined;
  return connection.prepare("SELECT body FROM ledger_bodies WHERE sha256 = ?").get(entry.sha256);
}

/** Entries with their places, newest first. */
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

/** The body of an entry as it was sent; `undefined` where it was dropped or there is none. */
export function readBody(connection: Connection, seq: number): Buffer | undefined {
  const entry = connection.prepare("SELECT entry FROM ledger WHERE seq = ?").get(seq)?.["entry"];
  return entry === undefined ? undefined : decompress(storedBody(connection, String(entry))?.["body"]);
}

/** A purge drops the bodies, or those last sent before a moment; what was sent, when and where to stays, by digest. */
export function dropBodies(connection: Connection, beforeMs = Number.MAX_SAFE_INTEGER): void {
  connection.prepare("DELETE FROM ledger_bodies WHERE sent_at < ?").run(beforeMs);
}

/** Drops some bodies for the size limit: those that were answered first, and of them the oldest. Returns how many. */
export function dropOldestBodies(connection: Connection, count: number): number {
  const oldest = "SELECT id FROM ledger_bodies ORDER BY answered DESC, seq LIMIT ?";
  return connection.prepare(`DELETE FROM ledger_bodies WHERE id IN (${oldest})`).run(count);
}

/** Whether a batch was ever begun to be sent. */
export function hasBatch(connection: Connection, batchId: string): boolean {
  return connection.prepare("SELECT 1 FROM ledger WHERE entry ->> 'batch_id' = ? LIMIT 1").get(batchId) !== undefined;
}

export interface LedgerFault {
  readonly seq: number;
  readonly message: string;
}

export interface LedgerCheck {
  readonly entries: number;
  readonly receipts: number;
  /** Batches that were accepted without a receipt. */
  readonly withoutReceipt: number;
  readonly bodies: number;
  /** Empty where all is as it was written. */
  readonly faults: readonly LedgerFault[];
  /** The digest of the last entry: written down elsewhere, it proves that nothing was cut off at the end. */
  readonly head: string;
}

/** An entry as it is kept: its text, over which the chain goes, and its body where that is kept. */
export interface LedgerLine {
  readonly seq: number;
  readonly entry: string;
  readonly hash: string;
  readonly body: Buffer | "damaged" | undefined;
}

/** The entries after a place, the oldest first. */
export function* lines(connection: Connection, after = 0, max = -1): Iterable<LedgerLine> {
  const rows = connection.prepare("SELECT * FROM ledger WHERE seq > ? ORDER BY seq LIMIT ?");
  for (const row of rows.iterate(after, max)) {
    const entry = String(row["entry"]);
    const body = bodyIn(storedBody(connection, entry));
    yield { seq: Number(row["seq"]), entry, hash: String(row["hash"]), body };
  }
}

/** Checks the chain, every kept body and every receipt, offline. */
export function verify(ledger: Iterable<LedgerLine>): LedgerCheck {
  const faults: LedgerFault[] = [];
  const keys = new Map<string, string>();
  const digests = new Map<string, string>();
  let previous = start;
  let counted = { entries: 0, receipts: 0, withoutReceipt: 0, bodies: 0 };
  for (const { seq, entry: text, hash: kept, body } of ledger) {
    const fault = (message: string) => faults.push({ seq, message });
    counted = { ...counted, entries: counted.entries + 1 };
    if (seq !== counted.entries) fault("an entry before it is missing");
    const changed = chained(previous, text) !== kept;
    if (changed) fault("the entry, or one before it, was changed");
    previous = kept;
    const entry = changed ? undefined : parsed(text);
    // What was changed proves nothing.
    if (entry === undefined) continue;
    if (entry.phase === "key_pinned") keys.set(`${entry.host} ${entry.key_id}`, entry.public_key);
    if (entry.phase === "sending") {
      if (entry.batch_id !== null) digests.set(entry.batch_id, entry.sha256);
      if (body === undefined) continue;
      counted = { ...counted, bodies: counted.bodies + 1 };
      if (body === "damaged" || sha256(body) !== entry.sha256) fault("the body is not the one that was sent");
    }
    if (entry.phase !== "answered" || entry.kind !== "batch") continue;
    if (entry.receipt === null) {
      if (entry.outcome === "accepted") counted = { ...counted, withoutReceipt: counted.withoutReceipt + 1 };
      continue;
    }
    counted = { ...counted, receipts: counted.receipts + 1 };
    const key = keys.get(`${entry.host} ${entry.receipt.key_id}`);
    const receipt = key === undefined ? undefined : verifyReceipt(entry.receipt, key);
    if (receipt === undefined) fault("the receipt is not signed by a key that was pinned");
    else if (!receiptFits(receipt, entry.batch_id, digests)) fault("the receipt is for another batch");
  }
  return { ...counted, faults, head: previous };
}

function receiptFits(receipt: Receipt, batchId: string | null, digests: ReadonlyMap<string, string>): boolean {
  return receipt.batch_id === batchId && receipt.sha256 === digests.get(receipt.batch_id);
}

function parsed(text: string): Entry | undefined {
  try {
    return JSON.parse(text) as Entry;
  } catch {
    return undefined;
  }
}

function bodyIn(row: Row | undefined): LedgerLine["body"] {
  try {
    return decompress(row?.["body"]);
  } catch {
    return "damaged";
  }
}
