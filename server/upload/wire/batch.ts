/**
 * Builds batches: up to 1,000 events and 1 MB, in commit order. The body is serialised once;
 * preview, outbox, request and ledger all use these bytes. Reads the database and never writes to
 * it.
 */
import { createHash } from "node:crypto";
import type { UploadSchema } from "../../../shared/schema/upload-schema.ts";
import { uuidV8 } from "../../../shared/schema/uuid-v8.ts";
import type { Connection } from "../../store/driver/driver.ts";
import { readAfter, type StoredEvent } from "../../store/events/read.ts";
import { type Pseudonym, projectEvent } from "./project-event.ts";

export const maxEvents = 1_000;
export const maxBytes = 1_000_000;

/**
 * Rows read for one batch: if few events may be shared, the batch is smaller instead of slow to
 * build.
 */
const maxRows = 20_000;
const rowsPerPage = 1_000;

export interface Batch {
  readonly batchId: string;
  /** Commit time of the last event, in milliseconds since 1970. */
  readonly generatedAt: number;
  /** Keys of the events, ascending. */
  readonly keys: readonly number[];
  readonly body: Buffer;
}

export interface NextBatch {
  readonly batch: Batch | undefined;
  /** Key and time of the last row that was read: the next cursor. */
  readonly lastKey: number;
  readonly lastTsMs: number;
  /** Whether rows remain because the batch or the row limit was full. */
  readonly more: boolean;
}

/** Which events may be shared now, under which pseudonym and in which schema. */
export interface SharedPart {
  readonly pseudonym: Pseudonym;
  readonly schema: UploadSchema;
  /** The last key that this schema applies to; `undefined`: every key. */
  readonly until?: number | undefined;
  /** The selected categories, as bits. */
  readonly bits: number;
  /** Treats each event as recorded under consent, for a preview before consent. */
  readonly assumeConsent?: boolean;
}

interface Item {
  readonly key: number;
  readonly committedMs: number;
  readonly text: string;
}

/** Returns the next batch of events after a key. */
export function collectBatch(connection: Connection, after: number, part: SharedPart, limit = maxEvents): NextBatch {
  const max = Math.min(limit, maxEvents);
  const items: Item[] = [];
  // The envelope around the events takes about 200 bytes.
  let bytes = 256;
  let last: StoredEvent | undefined;
  for (let rows = 0; rows < maxRows; ) {
    const page = readAfter(connection, last?.key ?? after, rowsPerPage, part.until);
    for (const event of page) {
      const text = textOf(event, part);
      if (text !== undefined) {
        // Every value of an event is ASCII, so a character is a byte.
        if (items.length >= max || bytes + text.length + 1 > maxBytes)
          return toNextBatch(items, last, after, part, true);
        items.push({ key: event.key, committedMs: event.share?.committedMs ?? event.tsMs, text });
        bytes += text.length + 1;
      }
      last = event;
    }
    rows += page.length;
    if (items.length >= max) return toNextBatch(items, last, after, part, true);
    // Events after `until` go into the next batch.
    if (page.length < rowsPerPage) return toNextBatch(items, last, after, part, part.until !== undefined);
  }
  return toNextBatch(items, last, after, part, true);
}

function textOf(stored: StoredEvent, { pseudonym, schema, bits, assumeConsent }: SharedPart): string | undefined {
  const event =
    assumeConsent === true ? { ...stored, share: { committedMs: stored.tsMs, bits, seq: stored.seq } } : stored;
  if (event.share === undefined) return undefined;
  const projection = projectEvent(event, schema, bits, pseudonym);
  return projection === undefined ? undefined : JSON.stringify(projection);
}

function toNextBatch(
  items: readonly Item[],
  last: StoredEvent | undefined,
  after: number,
  { pseudonym, schema, until }: SharedPart,
  more: boolean,
): NextBatch {
  const batch = items.length === 0 ? undefined : toBatch(items, pseudonym, schema);
  return { batch, lastKey: last?.key ?? until ?? after, lastTsMs: last?.tsMs ?? 0, more };
}

function toBatch(items: readonly Item[], { anonUserId, startKey }: Pseudonym, schema: UploadSchema): Batch {
  const keys = items.map(({ key }) => key);
  const batchId = batchIdOf(anonUserId, keys, startKey);
  const generatedAt = Math.max(...items.map(({ committedMs }) => committedMs));
  return { batchId, generatedAt, keys, body: bodyOf({ batchId, generatedAt, schema, anonUserId }, items) };
}

interface BatchEnvelope {
  readonly batchId: string;
  readonly generatedAt: number;
  readonly schema: UploadSchema;
  readonly anonUserId: string;
}

function bodyOf(
  { batchId, generatedAt, schema, anonUserId }: BatchEnvelope,
  items: readonly { readonly text: string }[],
): Buffer {
  const envelope = JSON.stringify({
    batch_id: batchId,
    generated_at: generatedAt,
    schema_version: schema,
    anon_user_id: anonUserId,
  });
  return Buffer.from(`${envelope.slice(0, -1)},"events":[${items.map(({ text }) => text).join(",")}]}`);
}

/**
 * Returns a UUIDv8 (RFC 9562, section 5.8) of SHA-256 of the pseudonym and the first and last key.
 * Keys count from the start of the pseudonym: keys that continued from the previous one would link
 * the two.
 */
export function batchIdOf(anonUserId: string, keys: readonly number[], startKey: number): string {
  const [first, last] = [keys[0] ?? 0, keys.at(-1) ?? 0].map((key) => key - startKey);
  return uuidV8(createHash("sha256").update(`${anonUserId} ${first} ${last}`).digest());
}

/** Returns two batches of half the events each; none for a batch of a single event. */
export function halvesOf({ generatedAt, keys, body }: Batch, startKey: number): readonly Batch[] {
  if (keys.length < 2) return [];
  const parsed = JSON.parse(body.toString("utf8"));
  const { schema_version: schema, anon_user_id: anonUserId, events } = parsed;
  const middle = Math.ceil(keys.length / 2);
  return [
    [0, middle],
    [middle, keys.length],
  ].map(([from, to]) => {
    const half = keys.slice(from, to);
    const batchId = batchIdOf(anonUserId, half, startKey);
    const items = events.slice(from, to).map((event: unknown) => ({ text: JSON.stringify(event) }));
    return { batchId, generatedAt, keys: half, body: bodyOf({ batchId, generatedAt, schema, anonUserId }, items) };
  });
}
