/**
 * Keys of the query API, in PostgreSQL. A key is shown once, when it is created; only its digest is
 * stored. 32 random bytes need no slow hash.
 */
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { migratePostgres, type Step } from "../../aggregates/migrate.ts";
import type { Postgres } from "../../aggregates/postgres.ts";

/** Steps of the schema `api_keys`; a step that has shipped never changes. */
const steps: readonly Step[] = [
  [
    `CREATE TABLE IF NOT EXISTS api_keys (
     id text PRIMARY KEY,
     name text NOT NULL,
     digest text NOT NULL UNIQUE,
     created_ms bigint NOT NULL,
     revoked_ms bigint)`,
  ],
];

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly createdMs: number;
  readonly revokedMs: number | null;
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly created_ms: string;
  readonly revoked_ms: string | null;
}

const keyOf = ({ id, name, created_ms, revoked_ms }: Row): ApiKey => ({
  id,
  name,
  createdMs: Number(created_ms),
  revokedMs: revoked_ms === null ? null : Number(revoked_ms),
});

const digestOf = (key: string): string => createHash("sha256").update(key).digest("hex");

export class ApiKeys {
  readonly #postgres: Postgres;

  private constructor(postgres: Postgres) {
    this.#postgres = postgres;
  }

  /** @throws the database's error. */
  static async open(postgres: Postgres): Promise<ApiKeys> {
    await migratePostgres(postgres, "api_keys", steps);
    return new ApiKeys(postgres);
  }

  /** Returns the new key itself, which cannot be read later. @throws the database's error. */
  async create(name: string, nowMs: number): Promise<{ readonly id: string; readonly key: string }> {
    const [id, key] = [randomUUID().slice(0, 8), `nxq_${randomBytes(32).toString("base64url")}`];
    await this.#postgres.query("INSERT INTO api_keys (id, name, digest, created_ms) VALUES ($1, $2, $3, $4)", [
      id,
      name,
      digestOf(key),
      nowMs,
    ]);
    return { id, key };
  }

  /** @throws the database's error. */
  async list(): Promise<readonly ApiKey[]> {
    const rows = await this.#postgres.query<Row>(
      "SELECT id, name, created_ms, revoked_ms FROM api_keys ORDER BY created_ms, id",
      [],
    );
    return rows.map(keyOf);
  }

  /** Returns whether there was such a key in use. @throws the database's error. */
  async revoke(id: string, nowMs: number): Promise<boolean> {
    const rows = await this.#postgres.query(
      "UPDATE api_keys SET revoked_ms = $2 WHERE id = $1 AND revoked_ms IS NULL RETURNING id",
      [id, nowMs],
    );
    return rows.length > 0;
  }

  /** Returns the key with this text unless it was revoked. Read each time: a revoked key is refused at once. */
  async find(key: string): Promise<ApiKey | undefined> {
    const rows = await this.#postgres.query<Row>(
      "SELECT id, name, created_ms, revoked_ms FROM api_keys WHERE digest = $1 AND revoked_ms IS NULL",
      [digestOf(key)],
    );
    return rows[0] === undefined ? undefined : keyOf(rows[0]);
  }
}
