/**
 * The warehouse: ClickHouse, in this process (chDB) or over HTTP, by the same client and the same statements.
 *
 * Of chDB one thread of one process is the owner. Rows go in by a statement of their own, never by the client's `insert`: settings given to
 * that would stay on the connection, and a token that stays makes every later insert vanish without an error.
 */
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { oneNode, statementsOf, type TableForm } from "./ddl.ts";
import { batchesTable, tables, views } from "./schema.ts";

type Params = Readonly<Record<string, unknown>>;

/** What the client would log holds statements, and these hold rows. */
const log = { level: ClickHouseLogLevel.OFF };

/** Of a cluster: in on the shards themselves, on most of their replicas, before it counts. */
const clusterSettings = ["distributed_foreground_insert = 1", "insert_quorum = 'auto'"];

/** Milliseconds between two questions after a mutation. */
const maxMutationPauseMs = 200;

/** An insert or a change that failed; what the engine says of it quotes rows. */
export class InsertError extends Error {
  override readonly name = "InsertError";
}

/** Loaded where it is used: the library takes more than 100 MB. */
function chdbConnection(folder: string): unknown {
  const { createChdbConnection } = createRequire(import.meta.url)(
    "chdb/connection",
  ) as typeof import("chdb/connection");
  return createChdbConnection({ path: folder });
}

export class Warehouse {
  readonly #client: ClickHouseClient;
  readonly #form: TableForm;
  /** Table → the last change of it that was asked for. */
  readonly #changing = new Map<string, Promise<void>>();

  private constructor(client: ClickHouseClient, form: TableForm) {
    this.#client = client;
    this.#form = form;
  }

  /** `where`: `chdb`, or a server's address. `folder`: where chDB keeps its data. */
  static open(where: string, folder: string, form = oneNode): Warehouse {
    const client =
      where === "chdb"
        ? createClient({ connection: chdbConnection(folder) as never, log })
        : createClient({ url: where, request_timeout: 120_000, log });
    return new Warehouse(client, form);
  }

  /** Makes what is missing. */
  async migrate(): Promise<void> {
    await this.#renameUsers();
    await this.#rekeyBatches();
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

  /** Until 0.8 `batches` was ordered only by the batch's ID, so that one pseudonym's batch could replace another one's. */
  async #rekeyBatches(): Promise<void> {
    const { cluster } = this.#form;
    const local = cluster === "" ? "batches" : "batches_local";
    const on = cluster === "" ? "" : ` ON CLUSTER ${cluster}`;
    const old = "batches_by_id";
    const sortingKey = async (name: string) => {
      const sql =
        "SELECT sorting_key AS k FROM system.tables WHERE database = currentDatabase() AND name = {name:String}";
      return (await this.query<{ k: string }>(sql, { name }))[0]?.k.replaceAll(/[()]/g, "");
    };
    if ((await sortingKey(local)) === "batch_id") await this.command(`RENAME TABLE ${local} TO ${old}${on}`);
    // A crash may have come after the renaming: the copy is made once more, and counts once.
    if ((await sortingKey(old)) === undefined) return;
    if (cluster !== "") await this.command(`DROP TABLE IF EXISTS batches${on} SYNC`);
    for (const statement of statementsOf(batchesTable, this.#form)) await this.command(statement);
    const columns = Object.keys(batchesTable.columns).join(", ");
    const from = cluster === "" ? old : `cluster(${cluster}, currentDatabase(), ${old})`;
    await this.command(`INSERT INTO batches (${columns}) SELECT ${columns} FROM ${from}`);
    await this.command(`DROP TABLE ${old}${on} SYNC`);
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
   * once. `isRepeat`: they may be in already, after a crash. @throws InsertError, with none of them in, also where a line has something else.
   */
  async insert(
    table: string,
    lines: readonly string[],
    token: string,
    columns: readonly string[] = [],
    isRepeat = false,
  ): Promise<void> {
    if (lines.length === 0) return;
    const named = columns.length === 0 ? "" : `(${columns.join(", ")})`;
    const settings = [
      "async_insert = 0",
      "input_format_skip_unknown_fields = 0",
      // One node notes a token before it commits the rows: after a kill between the two a repeat under that token would insert nothing. So it goes
      // in without one; rows that are there already have the same key, and are merged. A cluster commits both together.
      isRepeat && this.#form.cluster === ""
        ? "insert_deduplicate = 0"
        : `insert_deduplication_token = '${token.replaceAll(/[^\w:.-]/g, "")}'`,
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
    return this.mutate(table, `DELETE WHERE ${condition}`, params);
  }

  /** Rewrites what is there, on all replicas, before it resolves. One at a time of each table. @throws the engine's error. */
  mutate(table: string, how: string, params: Params): Promise<void> {
    const before = this.#changing.get(table) ?? Promise.resolve();
    const change = before.then(() => this.#change(table, how, params));
    this.#changing.set(
      table,
      change.catch(() => undefined),
    );
    return change;
  }

  /** Whichever mutation of the table is unfinished is this one's: of others none is under way. */
  async #change(table: string, how: string, params: Params): Promise<void> {
    const { cluster } = this.#form;
    if (cluster !== "") {
      await this.command(`ALTER TABLE ${table}_local ON CLUSTER ${cluster} ${how} SETTINGS mutations_sync = 2`, params);
      return;
    }
    // In the background, and asked about: a statement that waits would keep the one connection of the embedded engine from inserts.
    await this.command(`ALTER TABLE ${table} ${how} SETTINGS mutations_sync = 0`, params);
    for (let pauseMs = 5; ; pauseMs = Math.min(maxMutationPauseMs, pauseMs * 2)) {
      const [state] = await this.query<{ waiting: string; code: string }>(
        `SELECT countIf(NOT is_done) AS waiting, anyIf(latest_fail_error_code_name, NOT is_done AND latest_fail_reason != '') AS code
         FROM system.mutations WHERE database = currentDatabase() AND table = {table:String}`,
        { table },
      );
      if (Number(state?.waiting ?? 0) === 0) return;
      if ((state?.code ?? "") !== "") {
        await this.command(
          "KILL MUTATION WHERE database = currentDatabase() AND table = {table:String} AND NOT is_done",
          {
            table,
          },
        );
        throw new InsertError(`${table} could not be changed (${state?.code}).`);
      }
      await sleep(pauseMs);
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
