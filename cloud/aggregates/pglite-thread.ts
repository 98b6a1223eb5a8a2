/** The worker thread of PGlite, which blocks its event loop; the main thread runs the warehouse. */
import { parentPort, workerData } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";
import type { Statement } from "./postgres.ts";
import { startParams } from "./start-params.ts";
import { SyncedFiles } from "./synced-files.ts";

type Message = { readonly id: number } & (
  | { readonly type: "query"; readonly sql: string; readonly params: unknown[] }
  | { readonly type: "transaction"; readonly statements: readonly Statement[] }
  | { readonly type: "close" }
);

const files = new SyncedFiles(String(workerData));
const database = await PGlite.create({ fs: files, startParams });
files.syncNew();

async function execute(message: Message): Promise<readonly unknown[]> {
  if (message.type === "query") return (await database.query(message.sql, message.params)).rows;
  if (message.type === "close") await database.close();
  else {
    await database.transaction(async (transaction) => {
      for (const { sql, params } of message.statements) await transaction.query(sql, [...params]);
    });
  }
  return [];
}

parentPort?.on("message", (message: Message) => {
  execute(message).then(
    (rows) => parentPort?.postMessage({ id: message.id, rows }),
    (error: unknown) => parentPort?.postMessage({ id: message.id, error: String(error) }),
  );
});
parentPort?.postMessage({ id: 0 });
