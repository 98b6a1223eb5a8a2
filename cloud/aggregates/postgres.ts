/** One interface for PostgreSQL: PGlite in a worker thread, or a server. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import pg from "pg";

export interface Statement {
  readonly sql: string;
  readonly params: readonly unknown[];
}

export interface Postgres {
  query<T>(sql: string, params: readonly unknown[]): Promise<readonly T[]>;
  /** Runs all statements or none. */
  transaction(statements: readonly Statement[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Connects to PostgreSQL. `address`: `pglite`, or the URL of a server. `folder`: PGlite's data
 * folder.
 */
export function openPostgres(address: string, folder: string): Promise<Postgres> {
  return address === "pglite" ? PGliteThread.open(folder) : Promise.resolve(new PostgresServer(address));
}

interface ThreadResponse {
  readonly id: number;
  readonly rows?: readonly unknown[];
  readonly error?: string;
}

/**
 * Statement timeout in milliseconds. After a full disk PGlite never responds again; a new thread
 * recovers.
 */
const timeoutMs = 60_000;

class PGliteThread implements Postgres {
  readonly #folder: string;
  #worker: Worker;
  readonly #pending = new Map<
    number,
    { resolve: (rows: readonly unknown[]) => void; reject: (error: Error) => void }
  >();
  #next = 1;
  #ended: Error | undefined;
  #starting: Promise<void> | undefined;
  #closed = false;

  private constructor(folder: string, worker: Worker) {
    this.#folder = folder;
    this.#worker = worker;
    this.#listen(worker);
  }

  #listen(worker: Worker): void {
    worker.on("message", ({ id, rows = [], error }: ThreadResponse) => {
      const call = this.#pending.get(id);
      this.#pending.delete(id);
      if (error === undefined) call?.resolve(rows);
      else call?.reject(new Error(error));
    });
    const onEnd = (error: Error) => {
      if (worker === this.#worker) this.#end(error);
    };
    worker.on("error", onEnd);
    worker.on("exit", () => onEnd(new Error("PGlite's thread has ended")));
  }

  /** Rejects all pending calls. */
  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#pending.values()) reject(this.#ended);
    this.#pending.clear();
  }

  static async open(folder: string): Promise<PGliteThread> {
    return new PGliteThread(folder, await startWorker(folder));
  }

  async #call(message: object): Promise<readonly unknown[]> {
    if (this.#ended !== undefined) await this.#restart(this.#ended);
    const id = this.#next;
    this.#next += 1;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#end(new Error("PGlite timed out"));
        void this.#worker.terminate();
      }, timeoutMs).unref();
      const clearTimer = () => clearTimeout(timer);
      this.#pending.set(id, {
        resolve: (rows) => {
          clearTimer();
          resolve(rows);
        },
        reject: (error) => {
          clearTimer();
          reject(error);
        },
      });
      this.#worker.postMessage({ id, ...message });
    });
  }

  /**
   * Starts a new thread after the old one ended.
   * @throws `reason` after `close`; the error if it does not start.
   */
  #restart(reason: Error): Promise<void> {
    if (this.#closed) return Promise.reject(reason);
    this.#starting ??= startWorker(this.#folder)
      .then((worker) => {
        this.#worker = worker;
        this.#listen(worker);
        this.#ended = undefined;
      })
      .finally(() => {
        this.#starting = undefined;
      });
    return this.#starting;
  }

  async query<T>(sql: string, params: readonly unknown[]): Promise<readonly T[]> {
    return (await this.#call({ type: "query", sql, params })) as readonly T[];
  }

  async transaction(statements: readonly Statement[]): Promise<void> {
    await this.#call({ type: "transaction", statements });
  }

  async close(): Promise<void> {
    this.#closed = true;
    // A thread that has ended cannot be closed.
    if (this.#ended === undefined) await this.#call({ type: "close" }).catch(() => undefined);
    await this.#worker.terminate();
  }
}

async function startWorker(folder: string): Promise<Worker> {
  const worker = new Worker(new URL("pglite-thread.ts", import.meta.url), { workerData: folder });
  await once(worker, "message");
  return worker;
}

class PostgresServer implements Postgres {
  readonly #pool: pg.Pool;

  constructor(url: string) {
    this.#pool = new pg.Pool({
      connectionString: url,
      max: 4,
      connectionTimeoutMillis: 10_000,
      query_timeout: 60_000,
      keepAlive: true,
    });
    // The pool replaces an idle connection that the server closed with the next query.
    this.#pool.on("error", () => undefined);
  }

  async query<T>(sql: string, params: readonly unknown[]): Promise<readonly T[]> {
    return (await this.#pool.query(sql, [...params])).rows as readonly T[];
  }

  async transaction(statements: readonly Statement[]): Promise<void> {
    const client = await this.#pool.connect();
    try {
      await client.query("BEGIN");
      for (const { sql, params } of statements) await client.query(sql, [...params]);
      await client.query("COMMIT");
    } catch (error) {
      await client.query("ROLLBACK");
      throw error;
    } finally {
      client.release();
    }
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}
