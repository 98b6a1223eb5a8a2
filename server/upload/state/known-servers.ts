/**
 * What is known of a receiver, by its address: rows of `servers` and `server_keys`, in columns named `host`. One host may have several
 * receivers, of different owners.
 */
import type { Connection } from "../../store/driver/driver.ts";
import { appendEntry } from "../ledger/ledger.ts";
import { newlyTrusted, type ServerKey } from "../wire/receipt.ts";

export interface KnownServer {
  /** The pseudonymous id whose secret it knows. */
  readonly enrolled: string | undefined;
  /** It meets the Server Requirements of the specification and no more: no enrolment, no receipts. */
  readonly plain: boolean;
  /** What it can unpack (RFC 7694). */
  readonly encodings: readonly string[];
  /** Id → key, each trusted. */
  readonly keys: ReadonlyMap<string, string>;
}

export function readServer(connection: Connection, address: string): KnownServer {
  const row = connection.prepare("SELECT * FROM servers WHERE host = ?").get(address);
  const keys = connection.prepare("SELECT key_id, public_key FROM server_keys WHERE host = ?").all(address);
  return {
    enrolled: typeof row?.["enrolled"] === "string" ? row["enrolled"] : undefined,
    plain: row?.["plain"] === 1,
    encodings: String(row?.["encodings"] ?? "")
      .split(",")
      .filter((name) => name !== ""),
    keys: new Map(keys.map(({ key_id: id, public_key: key }) => [String(id), String(key)])),
  };
}

function know(connection: Connection, address: string): void {
  connection.prepare("INSERT INTO servers (host) VALUES (?) ON CONFLICT DO NOTHING").run(address);
}

export function markEnrolled(connection: Connection, address: string, anonUserId: string): void {
  know(connection, address);
  connection.prepare("UPDATE servers SET enrolled = ?, plain = 0 WHERE host = ?").run(anonUserId, address);
}

export function markBasic(connection: Connection, address: string): void {
  know(connection, address);
  connection.prepare("UPDATE servers SET plain = 1 WHERE host = ?").run(address);
}

/** It does not know us any more, after it said so. */
export function forgetEnrolled(connection: Connection, address: string): void {
  connection.prepare("UPDATE servers SET enrolled = NULL, plain = 0 WHERE host = ?").run(address);
}

const known = ["zstd", "gzip"];

/** An answer's `Accept-Encoding` (RFC 7694) says what the next request may be packed with. */
export function saveEncodings(connection: Connection, address: string, header: string | undefined): void {
  if (header === undefined) return;
  const offered = header.split(",").map((part) => part.split(";")[0]?.trim().toLowerCase());
  const encodings = known.filter((name) => offered.includes(name)).join(",");
  know(connection, address);
  connection
    .prepare("UPDATE servers SET encodings = ? WHERE host = ? AND encodings <> ?")
    .run(encodings, address, encodings);
}

/** Pins the keys that may be trusted, each with an entry in the ledger. */
export function pinKeys(connection: Connection, address: string, named: readonly ServerKey[], nowMs: number): void {
  for (const { key_id, public_key } of newlyTrusted(readServer(connection, address).keys, named)) {
    connection.prepare("INSERT INTO server_keys VALUES (?, ?, ?, ?)").run(address, key_id, public_key, nowMs);
    appendEntry(connection, { phase: "key_pinned", ts: nowMs, host: new URL(address).host, key_id, public_key });
  }
}
