/**
 * Enrols pseudonyms until it is killed. Prints each pseudonym with its secret and the flushed
 * position of the write-ahead log at the time of the acknowledgement.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { openPostgres } from "../aggregates/postgres.ts";
import { Registry } from "../ingest/registry.ts";

const postgres = await openPostgres("pglite", process.argv[2] ?? "");
const registry = await Registry.open(postgres);
const position = "SELECT pg_walfile_name(pg_current_wal_flush_lsn()) AS file, pg_current_wal_flush_lsn()::text AS lsn";
for (;;) {
  const [id, secret] = [randomUUID(), randomBytes(32)];
  await registry.enroll(id, secret, Date.now());
  const [row] = await postgres.query<{ file: string; lsn: string }>(position, []);
  process.stdout.write(`${[id, secret.toString("hex"), row?.file, row?.lsn].join(" ")}\n`);
}
