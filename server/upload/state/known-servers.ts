/**
 * The tables `servers` and `server_keys`: enrolment, encodings, upload schema and receipt keys of each server.
 * Their column `host` contains the URL, because one host can have several servers with different
 * owners.
 */
import { type UploadSchema, uploadSchemaVersions } from "../../../shared/schema/upload-schema.ts";
import type { Connection } from "../../store/driver/driver.ts";
import { appendEntry } from "../ledger/ledger.ts";
import { newlyTrusted, type ServerKey } from "../wire/receipt.ts";

export interface KnownServer {
  /** The pseudonym whose secret the server has. */
  readonly enrolled: string | undefined;
  /**
   * Meets only the specification's Server Requirements: no enrolment, no receipts. Column `plain`.
   */
  readonly isBasic: boolean;
  /** Content encodings that it accepts (RFC 7694). */
  readonly encodings: readonly string[];
  /** The largest upload schema that it accepts and this version knows; `undefined`: it never said so. */
  readonly schema: UploadSchema | undefined;
  /** When it said so, in milliseconds since 1970. */
  readonly schemaAtMs: number;
  /** Trusted receipt keys by ID. */
  readonly keys: ReadonlyMap<string, string>;
}

export function readServer(connection: Connection, address: string): KnownServer {
  const row = connection.prepare("SELECT * FROM servers WHERE host = ?").get(address);
  const keys = connection.prepare("SELECT key_id, public_key FROM server_keys WHERE host = ?").all(address);
  return {
    enrolled: typeof row?.["enrolled"] === "string" ? row["enrolled"] : undefined,
    isBasic: row?.["plain"] === 1,
    encodings: String(row?.["encodings"] ?? "")
      .split(",")
      .filter((name) => name !== ""),
    schema: uploadSchemaVersions.find((version) => version === row?.["schema"]),
    schemaAtMs: Number(row?.["schema_at"] ?? 0),
    keys: new Map(keys.map(({ key_id: id, public_key: key }) => [String(id), String(key)])),
  };
}

function insertServer(connection: Connection, address: string): void {
  connection.prepare("INSERT INTO servers (host) VALUES (?) ON CONFLICT DO NOTHING").run(address);
}

export function markEnrolled(connection: Connection, address: string, anonUserId: string): void {
  insertServer(connection, address);
  connection.prepare("UPDATE servers SET enrolled = ?, plain = 0 WHERE host = ?").run(anonUserId, address);
}

export function markBasic(connection: Connection, address: string): void {
  insertServer(connection, address);
  connection.prepare("UPDATE servers SET plain = 1 WHERE host = ?").run(address);
}

/** Records that the server answered `not_enrolled`. */
export function forgetEnrolled(connection: Connection, address: string): void {
  connection.prepare("UPDATE servers SET enrolled = NULL, plain = 0 WHERE host = ?").run(address);
}

const supportedEncodings = ["zstd", "gzip"];

/**
 * Saves the encodings that an answer's `Accept-Encoding` allows for the next request (RFC 7694).
 */
export function saveEncodings(connection: Connection, address: string, header: string | undefined): void {
  if (header === undefined) return;
  const offered = header.split(",").map((part) => part.split(";")[0]?.trim().toLowerCase());
  const encodings = supportedEncodings.filter((name) => offered.includes(name)).join(",");
  insertServer(connection, address);
  connection
    .prepare("UPDATE servers SET encodings = ? WHERE host = ? AND encodings <> ?")
    .run(encodings, address, encodings);
}

/** Saves the upload schema that the server accepts. */
export function saveSchema(connection: Connection, address: string, schema: UploadSchema, nowMs: number): void {
  insertServer(connection, address);
  connection.prepare("UPDATE servers SET schema = ?, schema_at = ? WHERE host = ?").run(schema, nowMs, address);
}

/** Pins the trusted keys, each with a ledger entry. */
export function pinKeys(connection: Connection, address: string, offered: readonly ServerKey[], nowMs: number): void {
  for (const { key_id, public_key } of newlyTrusted(readServer(connection, address).keys, offered)) {
    connection.prepare("INSERT INTO server_keys VALUES (?, ?, ?, ?)").run(address, key_id, public_key, nowMs);
    appendEntry(connection, { phase: "key_pinned", ts: nowMs, host: new URL(address).host, key_id, public_key });
  }
}
