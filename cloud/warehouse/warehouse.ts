/**
 * The warehouse: ClickHouse in this process (chDB) or over HTTP, with the same client and
 * statements.
 *
 * Only one thread of one process may use a chDB folder. Rows are inserted with an explicit
 * statement, never with the client's `insert`: its settings would stay on the connection, and a
 * token that stays makes every later insert vanish without an error.
 */
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { oneNode, type TableForm } from "./ddl.ts";
import { migrateWarehouse } from "./migrate.ts";

type Params = Readonly<Record<string, unknown>>;

/** Off, because the client would log statements, which contain rows. */
const log = { level: ClickHouseLogLevel.OFF };

/** On a cluster an insert succeeds only after it is on the shards and on most of their replicas. */
const clusterSettings = ["distributed_foreground_insert = 1", "insert_quorum = 'auto'"];

/** Maximum polling interval for a mutation. Milliseconds. */
const maxMutationPauseMs = 200;

/** A failed insert or mutation. Never contains the engine's message, which quotes rows. */
export class InsertError extends Error {
  override readonly name = "InsertError";
}

/** Loaded on demand, because the library needs more than 100 MB. */
function chdbConnection(folder: string): unknown {
  const { createChdbConnection } = createRequire(import.meta.url)(
    "chdb/connection",
  ) as typeof import("chdb/connection");
  return createChdbConnection({ path: folder });
}

export class Warehouse {
  readonly #client: ClickHouseClient;
  readonly form: TableForm;
  /** Table → its last requested mutation. */
  readonly #mutations = new Map<string, Promise<void>>();

  private constructor(client: ClickHouseClient, form: TableForm) {
    this.#client = client;
    this.form = form;
  }

  /** `address`: `chdb`, or the URL of a server. `folder`: chDB's data folder. */
  static open(address: string, folder: string, form = oneNode): Warehouse {
    const client =
      address === "chdb"
        ? createClient({ connection: chdbConnection(folder) as never, log })
        : createClient({ url: address, request_timeout: 120_000, log });
    return new Warehouse(client, form);
  }

  /** Creates and upgrades tables and views. @throws the engine's error. */
  migrate(): Promise<void> {
    return migrateWarehouse(this);
  }

  async command(query: string, params: Params = {}): Promise<void> {
    await this.#client.command({ query, query_params: params });
  }

  async query<T>(query: string, params: Params = {}): Promise<readonly T[]> {
    const result = await this.#client.query({ query, query_params: params, format: "JSONEachRow" });
    return result.json<T>();
  }

  /**
   * Inserts JSON lines, one per row. `columns`: the columns with values; empty for all. The same
   * lines with the same token are inserted once. `isRepeat`: they may already be stored, after a
   * crash.
   * @throws InsertError if it failed or a line has other columns; no line is stored then.
   */
  async insert(
    table: string,
    lines: readonly string[],
    token: string,
    columns: readonly string[] = [],
    isRepeat = false,
  ): Promise<void> {
    if (lines.length === 0) return;
    const columnList = columns.length === 0 ? "" : `(${columns.join(", ")})`;
    const settings = [
      "async_insert = 0",
      "input_format_skip_unknown_fields = 0",
      // A single node stores the token before the rows: after a kill in between, a repeat with the
      // token would insert nothing. Without it, duplicate rows are merged by key. A cluster commits
      // both together.
      isRepeat && this.form.cluster === ""
        ? "insert_deduplicate = 0"
        : `insert_deduplication_token = '${token.replaceAll(/[^\w:.-]/g, "")}'`,
      ...(this.form.cluster === "" ? [] : clusterSettings),
    ].join(", ");
    try {
      await this.command(
        `INSERT INTO ${table} ${columnList} SETTINGS ${settings} FORMAT JSONEachRow\n${lines.join("\n")}`,
      );
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code).slice(0, 32) : "unknown";
      throw new InsertError(`Inserting ${lines.length} rows into ${table} failed (${code}).`);
    }
  }

  /** Deletes rows and waits until they are gone. @throws the engine's error; InsertError. */
  erase(table: string, condition: string, params: Params): Promise<void> {
    return this.mutate(table, `DELETE WHERE ${condition}`, params);
  }

  /**
   * Runs a mutation on all replicas to its end, one at a time per table.
   * @throws the engine's error; InsertError.
   */
  mutate(table: string, how: string, params: Params): Promise<void> {
    const previous = this.#mutations.get(table) ?? Promise.resolve();
    const mutation = previous.then(() => this.#runMutation(table, how, params));
    this.#mutations.set(
      table,
      mutation.catch(() => undefined),
    );
    return mutation;
  }

  /** Any unfinished mutation of the table is this one, because there is only one at a time. */
  async #runMutation(table: string, how: string, params: Params): Promise<void> {
    const { cluster } = this.form;
    if (cluster !== "") {
      await this.command(`ALTER TABLE ${table}_local ON CLUSTER ${cluster} ${how} SETTINGS mutations_sync = 2`, params);
      return;
    }
    // Asynchronous with polling: a waiting statement would block inserts on the embedded engine's
    // only connection.
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
        throw new InsertError(`Mutation of ${table} failed (${state?.code}).`);
      }
      await sleep(pauseMs);
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
