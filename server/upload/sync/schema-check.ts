/**
 * Asks a server which upload schemas it accepts (`docs/reference/wire-protocol.md`, "Upload schemas"). Only the user starts this.
 * The request carries no identifier, neither the pseudonym nor the token, and gets a ledger entry.
 */

import { type Message, message, textOf } from "../../../shared/protocol/message.ts";
import { type UploadSchema, uploadSchemaVersions } from "../../../shared/schema/upload-schema.ts";
import type { Clock } from "../../clock.ts";
import { type Destination, siblingUrl } from "../../config/destination.ts";
import { type Connection, immediately } from "../../store/driver/driver.ts";
import type { Store } from "../../store/store.ts";
import type { HttpClient, HttpResponse } from "../http/http-client.ts";
import { appendEntry, type RequestOutcome, sha256 } from "../ledger/ledger.ts";
import { saveSchema } from "../state/known-servers.ts";
import { faultMessage, isWebPage } from "./outcome.ts";

/** Limits of the request: the JSON Schemas of a server take about 300 KB. */
export const schemaCheckLimits = { connectMs: 5_000, answerMs: 5_000, totalMs: 5_000, maxBytes: 2_000_000 };

export interface SchemaCheck {
  readonly host: string;
  /** The largest schema that the server accepts and this version knows; 1 if it did not say. */
  readonly schema: UploadSchema;
  /** Why the answer did not count; `null` if it did. */
  readonly reason: Message | null;
}

export interface SchemaCheckParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly client: HttpClient;
  readonly signal: AbortSignal;
}

/** @throws SQLite's error, the signal's reason. */
export async function checkSchema(parts: SchemaCheckParts, destination: Destination): Promise<SchemaCheck> {
  const { store, clock, client, signal } = parts;
  const { host, url } = destination;
  const request = { kind: "schema", host, batch_id: null } as const;
  const change = (work: (connection: Connection) => void) =>
    store.withDatabase((connection) => immediately(connection, () => work(connection)));
  change((connection) =>
    appendEntry(connection, {
      phase: "sending",
      ts: clock.nowMs(),
      ...request,
      sha256: sha256(""),
      bytes: 0,
      events: 0,
    }),
  );
  const answer = await client.send(
    { method: "GET", url: siblingUrl(destination, "schema"), headers: {}, body: new Uint8Array(), encodings: [] },
    signal,
  );
  const found = "fault" in answer ? undefined : offeredSchema(answer);
  const reason =
    "fault" in answer
      ? faultMessage(host, answer.fault)
      : found === undefined
        ? message("{host} does not say which upload schemas it accepts ({status}).", { host, status: answer.status })
        : null;
  const outcome: RequestOutcome = found !== undefined ? "accepted" : "fault" in answer ? "later" : "not_supported";
  const schema = found ?? 1;
  change((connection) => {
    const status = "fault" in answer ? null : answer.status;
    const note = reason === null ? null : textOf(reason);
    appendEntry(connection, {
      phase: "answered",
      ts: clock.nowMs(),
      ...request,
      outcome,
      status,
      reason: note,
      receipt: null,
    });
    saveSchema(connection, url, schema, clock.nowMs());
  });
  return { host, schema, reason };
}

/** Returns the largest known schema in the answer's file names (`usage-batch-2.schema.json`). */
function offeredSchema(answer: HttpResponse): UploadSchema | undefined {
  if (answer.status !== 200 || isWebPage(answer)) return undefined;
  try {
    const names = Object.keys(Object(JSON.parse(answer.body)));
    const versions = names.map((name) => Number(/^usage-batch-(\d{1,4})\.schema\.json$/.exec(name)?.[1]));
    return largestOf(versions);
  } catch {
    return undefined;
  }
}

/** Returns the largest schema in the header `nexus-upload-schemas` of an answer, such as `1, 2`. */
export function schemaInHeader(header: string | undefined): UploadSchema | undefined {
  return header === undefined ? undefined : largestOf(header.split(",").map((part) => Number(part.trim())));
}

const largestOf = (versions: readonly number[]): UploadSchema | undefined =>
  uploadSchemaVersions.findLast((known) => versions.includes(known));
