/**
 * An embedded PostgreSQL shared by the tests of a file, because it takes seconds to open. Closed
 * with the file.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { openPostgres, type Postgres } from "../aggregates/postgres.ts";

export async function embeddedPostgres(): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), "nexus-postgres-"));
  const postgres = await openPostgres("pglite", join(folder, "data"));
  afterAll(async () => {
    await postgres.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return postgres;
}
