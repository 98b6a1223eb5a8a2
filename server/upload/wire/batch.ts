/**
 * A batch: at most 1,000 events and a million bytes, in the order of their commits, made into bytes once. What is previewed, kept,
 * sent and written into the ledger are these bytes.
 */
import { createHash } from "node:crypto";
import { uuidV8 } from "../../../shared/schema/uuid-v8.ts";
import type { UploadSchema } from "../../config/config.ts";
import type { Connection } from "../../store/driver/driver.ts";
import { readAfter, type StoredEvent } from "../../store/events/read.ts";
import { type Pseudonym, projectEvent } from "./project-event.ts";

export const maxEvents = 1_000;
export const maxBytes = 1_000_000;

/** Rows looked at for one batch: where little is shared, a batch is smaller rather than its making long. */
const maxRows = 20_000;
const rowsPerPage = 1_000;

export interface Batch {
  readonly batchId: string;
  /** The commit of its last event, in milliseconds since 1970. */
  readonly generatedAt: number;
  /** The keys of its events, rising. */
  readonly keys: readonly number[];
  readonly body: Buffer;
}

/** What is looked at for a batch, and up to where. */
export interface NextBatch {
  readonly batch: Batch | undefined;
  /** The key and time of the last row that was looked at; the cursor's next place. */
  readonly lastKey: number;
  readonly lastTsMs: number;
  /** Rows were left because the batch is full or the limit reached. */
  readonly more: boolean;
}

/** What may be shared at present. */
export interface SharedPart {
  readonly pseudonym: Pseudonym;
  readonly schema: UploadSchema;
  /** Categories as bits. */
  readonly bits: number;
  /** For a preview before there is a consent: as if each event had been written under one. */
  readonly assumeConsent?: boolean;
}

interface Item {
  readonly key: number;
  readonly committedMs: number;
  readonly text: string;
}

/** Gathers the next batch after a key. */
export function collectBatch(connection: Connection, after: number, part: SharedPart, limit = maxEvents): NextBatch {
  const max = Math.min(limit, maxEvents);
  const items: Item[] = [];
  // The frame around the events: some 200 bytes.
  let bytes = 256;
  let last: StoredEvent | undefined;
  for (let seen = 0; seen < maxRows; ) {
    const page = readAfter(connection, last?.key ?? after, rowsPerPage);
    for (const event of page) {
      const text = textOf(event, part);
      if (text !== undefined) {
        // Every value of an event is ASCII: a character is a byte.
        if (items.length >= max || bytes + text.length + 1 > maxBytes) return gathered(items, last, after, part, true);
        items.push({ key: event.key, committedMs: event.share?.committedMs ?? event.tsMs, text });
        bytes += text.length + 1;
      }
      last = event;
    }
    seen += page.length;
    if (items.length >= max) return gathered(items, last, after, part, true);
    if (page.length < rowsPerPage) return gathered(items, last, after, part, false);
  }
  return gathered(items, last, after, part, true);
}

function textOf(given: StoredEvent, { pseudonym, schema, bits, assumeConsent }: SharedPart): string | undefined {
  const event = assumeConsent === true ? { ...given, share: { committedMs: given.tsMs, bits, seq: given.seq } } : given;
  if (event.share === undefined) return undefined;
  const view = projectEvent(event, schema, bits, pseudonym);
  return view === undefined ? undefined : JSON.stringify(view);
}

function gathered(
  items: readonly Item[],
  last: StoredEvent | undefined,
  after: number,
  { pseudonym, schema }: SharedPart,
  more: boolean,
): NextBatch {
  const batch = items.length === 0 ? undefined : frozen(items, pseudonym, schema);
  return { batch, lastKey: last?.key ?? after, lastTsMs: last?.tsMs ?? 0, more };
}

function frozen(items: readonly Item[], { anonUserId, startKey }: Pseudonym, schema: UploadSchema): Batch {
  const keys = items.map(({ key }) => key);
  const batchId = batchIdOf(anonUserId, keys, startKey);
  const generatedAt = Math.max(...items.map(({ committedMs }) => committedMs));
  return { batchId, generatedAt, keys, body: bodyOf({ batchId, generatedAt, schema, anonUserId }, items) };
}

interface Head {
  readonly batchId: string;
  readonly generatedAt: number;
  readonly schema: UploadSchema;
  readonly anonUserId: string;
}

function bodyOf(
  { batchId, generatedAt, schema, anonUserId }: Head,
  items: readonly { readonly text: string }[],
): Buffer {
  const head = JSON.stringify({
    batch_id: batchId,
    generated_at: generatedAt,
    schema_version: schema,
    anon_user_id: anonUserId,
  });
  return Buffer.from(`${head.slice(0, -1)},"events":[${items.map(({ text }) => text).join(",")}]}`);
}

/**
 * UUIDv8 (RFC 9562, section 5.8) of SHA-256 of the user's id and of the first and last key, counted from the beginning of the
 * pseudonym: keys that go on from one pseudonym to the next would link the two.
 */
export function batchIdOf(anonUserId: string, keys: readonly number[], startKey: number): string {
  const [first, last] = [keys[0] ?? 0, keys.at(-1) ?? 0].map((key) => key - startKey);
  return uuidV8(createHash("sha256").update(`${anonUserId} ${first} ${last}`).digest());
}

/** Two batches of half the events each, for a server that finds one too large. Empty where there is but one event. */
export function halvesOf({ generatedAt, keys, body }: Batch, startKey: number): readonly Batch[] {
  if (keys.length < 2) return [];
  const parsed = JSON.parse(body.toString("utf8"));
  const { schema_version: schema, anon_user_id: anonUserId, events } = parsed;
  const middle = Math.ceil(keys.length / 2);
  return [
    [0, middle],
    [middle, keys.length],
  ].map(([from, to]) => {
    const own = keys.slice(from, to);
    const batchId = batchIdOf(anonUserId, own, startKey);
    const items = events.slice(from, to).map((event: unknown) => ({ text: JSON.stringify(event) }));
    return { batchId, generatedAt, keys: own, body: bodyOf({ batchId, generatedAt, schema, anonUserId }, items) };
  });
}
