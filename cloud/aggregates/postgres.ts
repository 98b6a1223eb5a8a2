/** PostgreSQL by one small interface: PGlite in a thread of its own, or a server. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import pg from "pg";

export interface Statement {
  readonly sql: string;
  readonly params: readonly unknown[];
}

export interface Postgres {
  query<T>(sql: string, params: readonly unknown[]): Promise<readonly T[]>;
  /** All of them, or none. */
  transaction(statements: readonly Statement[]): Promise<void>;
  close(): Promise<void>;
}

/** `where`: `pglite`, or a server's address. `folder`: where PGlite keeps its data. */
export function openPostgres(where: string, folder: string): Promise<Postgres> {
  return where === "pglite" ? PGliteThread.open(folder) : Promise.resolve(new PostgresServer(where));
}

interface ThreadResponse {
  readonly id: number;
  readonly rows?: readonly unknown[];
  readonly error?: string;
}

/** Milliseconds that a question may take. PostgreSQL that ran into a wall (a full disk) never answers again; a new thread recovers. */
const maxAnswerMs = 60_000;

class PGliteThread implements Postgres {
  readonly #folder: string;
  #worker: Worker;
  readonly #waiting = new Map<
    number,
    { resolve: (rows: readonly unknown[]) => void; reject: (error: Error) => void }
  >();
  #next = 1;
  #gone: Error | undefined;
  #starting: Promise<void> | undefined;
  #closed = false;

  private constructor(folder: string, worker: Worker) {
    this.#folder = folder;
    this.#worker = worker;
    this.#listen(worker);
  }

  #listen(worker: Worker): void {
    worker.on("message", ({ id, rows = [], error }: ThreadResponse) => {
      const one = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) one?.resolve(rows);
      else one?.reject(new Error(error));
    });
    const ended = (error: Error) => {
      if (worker === this.#worker) this.#end(error);
    };
    worker.on("error", ended);
    worker.on("exit", () => ended(new Error("PGlite's thread has ended")));
  }

  /** Nobody waits for an answer any more. */
  #end(error: Error): void {
    this.#gone ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#gone);
    this.#waiting.clear();
  }

  static async open(folder: string): Promise<PGliteThread> {
    return new PGliteThread(folder, await started(folder));
  }

  async #ask(message: object): Promise<readonly unknown[]> {
    if (this.#gone !== undefined) await this.#startAgain(this.#gone);
    const id = this.#next;
    this.#next += 1;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.#end(new Error("PGlite does not answer"));
        void this.#worker.terminate();
      }, maxAnswerMs).unref();
      const settled = () => clearTimeout(late);
      this.#waiting.set(id, {
        resolve: (rows) => {
          settled();
          resolve(rows);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      });
      this.#worker.postMessage({ id, ...message });
    });
  }

  /** A new thread in place of one that has ended, one at a time. @throws why that one ended, after `close`, or if none starts. */
  #startAgain(reason: Error): Promise<void> {
    if (this.#closed) return Promise.reject(reason);
    this.#starting ??= started(this.#folder)
      .then((worker) => {
        this.#worker = worker;
        this.#listen(worker);
        this.#gone = undefined;
      })
      .finally(() => {
        this.#starting = undefined;
      });
    return this.#starting;
  }

  async query<T>(sql: string, params: readonly unknown[]): Promise<readonly T[]> {
    return (await this.#ask({ type: "query", sql, params })) as readonly T[];
  }

  async transaction(statements: readonly Statement[]): Promise<void> {
    await this.#ask({ type: "transaction", statements });
  }

  async close(): Promise<void> {
    this.#closed = true;
    // One that does not answer has nothing to close.
    if (this.#gone === undefined) await this.#ask({ type: "close" }).catch(() => undefined);
    await this.#worker.terminate();
  }
}

async function started(folder: string): Promise<Worker> {
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
    // An idle connection that the server ended is made anew with the next question.
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
