/** Numbered migrations of PostgreSQL, each in one transaction. A step that has shipped never changes; a change is a new step. */
import type { Postgres } from "./postgres.ts";

/** Statements of one step. The first steps can be repeated: databases before 0.9 have no version table. */
export type Step = readonly string[];

const versions = "CREATE TABLE IF NOT EXISTS schema_versions (name text PRIMARY KEY, version integer NOT NULL)";

/** Runs the missing steps of a schema, such as `totals`. @throws the database's error; completed steps stay. */
export async function migratePostgres(postgres: Postgres, name: string, steps: readonly Step[]): Promise<void> {
  await postgres.query(versions, []);
  const rows = await postgres.query<{ version: number }>("SELECT version FROM schema_versions WHERE name = $1", [name]);
  const current = rows[0]?.version ?? 0;
  if (current > steps.length) throw new Error(`The PostgreSQL schema "${name}" was created by a newer version.`);
  for (const [n, statements] of steps.entries()) {
    if (n < current) continue;
    await postgres.transaction([
      ...statements.map((sql) => ({ sql, params: [] })),
      {
        sql: `INSERT INTO schema_versions VALUES ($1, $2)
          ON CONFLICT (name) DO UPDATE SET version = excluded.version`,
        params: [name, n + 1],
      },
    ]);
  }
}
