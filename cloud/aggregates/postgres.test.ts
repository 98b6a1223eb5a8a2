import { expect, it } from "vitest";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { openPostgres } from "./postgres.ts";

it("rejects statements after its thread has ended", async () => {
  const postgres = await openPostgres("pglite", tempFolder());
  expect(await postgres.query("SELECT $1::int + 1 AS n", [1])).toEqual([{ n: 2 }]);
  await expect(postgres.query("SELECT nothing", [])).rejects.toThrow(/nothing/);
  const pending = postgres.query("SELECT pg_sleep(0)", []);
  await postgres.close();
  await pending;
  await expect(postgres.query("SELECT 1", [])).rejects.toThrow("PGlite's thread has ended");
  await expect(postgres.transaction([{ sql: "SELECT 1", params: [] }])).rejects.toThrow("PGlite's thread has ended");
});

it("stores sums larger than bigint in columns that were created as bigint", async () => {
  const postgres = await openPostgres("pglite", tempFolder());
  await postgres.transaction([
    { sql: "CREATE TABLE sums (n bigint NOT NULL)", params: [] },
    { sql: "INSERT INTO sums VALUES (7)", params: [] },
    { sql: "ALTER TABLE sums ALTER COLUMN n TYPE numeric", params: [] },
    {
      sql: "INSERT INTO sums SELECT * FROM jsonb_populate_recordset(NULL::sums, $1::jsonb)",
      params: ['[{"n":"9300000000000000000"}]'],
    },
  ]);
  expect(await postgres.query("SELECT sum(n)::text AS n FROM sums", [])).toEqual([{ n: "9300000000000000007" }]);
  await postgres.close();
});
