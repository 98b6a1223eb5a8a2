/**
 * The warehouse: ClickHouse, in this process (chDB) or over HTTP, by the same client and the same statements.
 *
 * Of chDB one thread of one process is the owner. Rows go in by a statement of their own, never by the client's `insert`: settings given to
 * that would stay on the connection, and a token that stays makes every later insert vanish without an error.
 */
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { createChdbConnection } from "chdb/connection";
import { tables, views } from "./schema.ts";
import { oneNode, statementsOf, type TableForm } from "./table.ts";

type Params = Readonly<Record<string, unknown>>;

/** What the client would log holds statements, and these hold rows. */
const log = { level: ClickHouseLogLevel.OFF };

/** Of a cluster: in on the shards themselves, on most of their replicas, before it counts. */
const clusterSettings = ["distributed_foreground_insert = 1", "insert_quorum = 'auto'"];

/** An insert that failed; what the engine says of it quotes rows. */
export class InsertError extends Error {
  override readonly name = "InsertError";
}

export class Warehouse {
  readonly #client: ClickHouseClient;
  readonly #form: TableForm;

  private constructor(client: ClickHouseClient, form: TableForm) {
    this.#client = client;
    this.#form = form;
  }

  /** `where`: `chdb`, or a server's address. `folder`: where chDB keeps its data. */
  static open(where: string, folder: string, form = oneNode): Warehouse {
    const client =
      where === "chdb"
        ? createClient({ connection: createChdbConnection({ path: folder }) as never, log })
        : createClient({ url: where, request_timeout: 120_000, log });
    return new Warehouse(client, form);
  }

  /** Makes what is missing. */
  async migrate(): Promise<void> {
    await this.#renameUsers();
    for (const table of tables) for (const statement of statementsOf(table, this.#form)) await this.command(statement);
    const on = this.#form.cluster === "" ? "" : ` ON CLUSTER ${this.#form.cluster}`;
    for (const [name, query] of Object.entries(views))
      await this.command(`CREATE OR REPLACE VIEW ${name}${on} AS ${query}`);
  }

  /** Until 0.7 `users` was what is `users_state` now. */
  async #renameUsers(): Promise<void> {
    const [users] = await this.query<{ type: string }>(
      "SELECT type FROM system.columns WHERE database = currentDatabase() AND table = 'hourly' AND name = 'users'",
    );
    if (users?.type.startsWith("AggregateFunction") !== true) return;
    await this.command("ALTER TABLE hourly RENAME COLUMN users TO users_state");
  }

  async command(query: string, params: Params = {}): Promise<void> {
    await this.#client.command({ query, query_params: params });
  }

  async query<T>(query: string, params: Params = {}): Promise<readonly T[]> {
    const result = await this.#client.query({ query, query_params: params, format: "JSONEachRow" });
    return result.json<T>();
  }

  /**
   * Inserts lines of JSON, one a row; `columns`: those that the lines have values of, where it is not all. The same lines with the same token go in
   * once. @throws InsertError, with none of them in, also where a line has something else.
   */
  async insert(table: string, lines: readonly string[], token: string, columns: readonly string[] = []): Promise<void> {
    if (lines.length === 0) return;
    const named = columns.length === 0 ? "" : `(${columns.join(", ")})`;
    const settings = [
      ...["async_insert = 0", "input_format_skip_unknown_fields = 0"],
      `insert_deduplication_token = '${token.replaceAll(/[^\w:.-]/g, "")}'`,
      ...(this.#form.cluster === "" ? [] : clusterSettings),
    ].join(", ");
    try {
      await this.command(`INSERT INTO ${table} ${named} SETTINGS ${settings} FORMAT JSONEachRow\n${lines.join("\n")}`);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code).slice(0, 32) : "unknown";
      throw new InsertError(`${lines.length} rows did not go into ${table} (${code}).`);
    }
  }

  /** Deletes rows for good, and waits until they are gone. */
  erase(table: string, condition: string, params: Params): Promise<void> {
    return this.change(table, `DELETE WHERE ${condition}`, params);
  }

  /** Rewrites what is there, on all replicas, before it resolves. */
  async change(table: string, how: string, params: Params): Promise<void> {
    const [on, suffix] = this.#form.cluster === "" ? ["", ""] : [` ON CLUSTER ${this.#form.cluster}`, "_local"];
    await this.command(`ALTER TABLE ${table}${suffix}${on} ${how} SETTINGS mutations_sync = 2`, params);
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
