/**
 * Measures the opening of PGlite and the registry, empty and with N installations. Prints both in
 * milliseconds.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPostgres } from "../cloud/aggregates/postgres.ts";
import { Registry } from "../cloud/ingest/registry.ts";

const count = Number(process.argv[2]);
const folder = mkdtempSync(join(tmpdir(), "nexus-registry-"));

async function openedMs(name: string): Promise<number> {
  const startedMs = performance.now();
  const postgres = await openPostgres("pglite", join(folder, name));
  await Registry.open(postgres);
  const ms = performance.now() - startedMs;
  await postgres.close();
  return ms;
}

for (const name of ["empty", "full"]) await openedMs(name);
const postgres = await openPostgres("pglite", join(folder, "full"));
const rowsPerInsert = 50_000;
for (let from = 0; from < count; from += rowsPerInsert) {
  await postgres.query(
    `INSERT INTO installations (digest, sealed_secret, enrolled_ms, active_days, active_day)
     SELECT encode(sha256(n::text::bytea), 'hex'), repeat('x', 80), n, 3, DATE '2026-11-01' FROM generate_series($1::int, $2::int) n`,
    [from + 1, Math.min(count, from + rowsPerInsert)],
  );
}
await postgres.close();
const median = async (name: string) => {
  const times: number[] = [];
  for (let n = 0; n < 3; n += 1) times.push(await openedMs(name));
  return times.sort((a, b) => a - b)[1];
};
process.stdout.write(`${await median("empty")} ${await median("full")}\n`);
rmSync(folder, { recursive: true, force: true });
process.exit();
