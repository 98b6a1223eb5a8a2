/**
 * Only inserts rows into the warehouse and prints the milliseconds: the baseline of `ingest-rate`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Sender } from "../cloud/test/sender.ts";
import { toEventRow } from "../cloud/warehouse/event-row.ts";
import { Warehouse } from "../cloud/warehouse/warehouse.ts";

const [events = 0, rowsPerInsert = 0] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), "nexus-bench-"));
const warehouse = Warehouse.open("chdb", folder);
await warehouse.migrate();
const sender = new Sender("");
const rows = Array.from({ length: events }, () =>
  toEventRow(sender.event(), { anonUserId: sender.id, receivedMs: Date.now(), established: true }),
);
const columns = [...new Set(rows.flatMap((row) => row.columns))];
const lines = rows.map(({ line }) => line);
const startedMs = performance.now();
for (let from = 0; from < lines.length; from += rowsPerInsert) {
  await warehouse.insert("events", lines.slice(from, from + rowsPerInsert), `bench:${from}`, columns);
}
process.stdout.write(`${performance.now() - startedMs}\n`);
await warehouse.close();
rmSync(folder, { recursive: true, force: true });
process.exit();
