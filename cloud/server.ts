/** The whole server: what is opened, in which order, and how it ends. */
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import type { Aggregates } from "./aggregates/aggregates.ts";
import type { Config } from "./config.ts";
import { Erasures } from "./erasure/erase.ts";
import { UnderWay } from "./erasure/under-way.ts";
import { appOf } from "./ingest/app.ts";
import { type KnownBatch, knownMs, mostKnown, Receiver } from "./ingest/receive.ts";
import { Registry } from "./ingest/registry.ts";
import { openLog } from "./log/open.ts";
import { say } from "./log-line.ts";
import { Watch } from "./metrics.ts";
import { Pipeline } from "./pipeline.ts";
import { openStores } from "./stores.ts";
import { timeText } from "./warehouse/time-text.ts";
import type { Warehouse } from "./warehouse/warehouse.ts";

/** Milliseconds from one writing of the monthly counts to the next. */
const countMs = 10_000;

interface BatchRow {
  readonly batch_id: string;
  readonly sha256: string;
  readonly receipt: string;
  readonly received_ms: string;
}

const known = ({ sha256, receipt, received_ms }: BatchRow): KnownBatch => ({
  ...{ sha256, answer: receipt, receivedMs: Number(received_ms) },
});

export class CloudServer {
  readonly app: FastifyInstance;
  readonly warehouse: Warehouse;
  readonly aggregates: Aggregates;
  readonly pipeline: Pipeline;
  readonly registry: Registry;
  readonly #close: () => Promise<void>;

  private constructor(
    parts: Pick<CloudServer, "app" | "warehouse" | "aggregates" | "pipeline" | "registry">,
    close: () => Promise<void>,
  ) {
    this.app = parts.app;
    this.warehouse = parts.warehouse;
    this.aggregates = parts.aggregates;
    this.pipeline = parts.pipeline;
    this.registry = parts.registry;
    this.#close = close;
  }

  /** Opens everything, makes what is missing, and listens. @throws what keeps it from that. */
  static async start(config: Config, now: () => number = Date.now): Promise<CloudServer> {
    const stores = await openStores(config);
    const { warehouse, aggregates } = stores;
    const registry = await Registry.open(join(config.data, "registry.jsonl"));
    const log = await openLog(config);
    const watch = new Watch(() => pipeline.waitingBytes);
    const pipeline: Pipeline = new Pipeline(log, warehouse, aggregates, {
      ...{ data: config.data, insertRows: config.insert_rows, insertMs: config.insert_ms },
      isErased: (id) => registry.isErased(id),
      inserted: (rows) => watch.inserted(rows),
      failed: (error) => {
        watch.failed();
        say({ what: "put_away_failed", error });
      },
    });
    const columns = "batch_id, sha256, receipt, toUnixTimestamp64Milli(received_at) AS received_ms";
    const lookUp = async (batchId: string) => {
      const sql = `SELECT ${columns} FROM batches WHERE batch_id = {id:UUID} ORDER BY received_at LIMIT 1`;
      const [row] = await warehouse.query<BatchRow>(sql, { id: batchId });
      return row === undefined ? undefined : known(row);
    };
    const sinceMs = now() - knownMs;
    const receiver = new Receiver(log, registry, watch, lookUp, sinceMs);
    const young = await warehouse.query<BatchRow>(
      `SELECT ${columns} FROM batches WHERE received_at > {since:DateTime64(3)}
       ORDER BY batches.received_at DESC LIMIT ${mostKnown + 1}`,
      { since: timeText(sinceMs) },
    );
    for (const row of young.toReversed()) receiver.remember(row.batch_id, known(row));
    for (const { batch_id, sha256, receipt, received_ms } of await pipeline.waitingHeads()) {
      receiver.remember(batch_id, { sha256, answer: receipt, receivedMs: received_ms });
    }
    const underWay = new UnderWay(join(config.data, "erasing.json"));
    const erasures = new Erasures(registry, pipeline, warehouse, watch, underWay);
    await erasures.resume();
    pipeline.start();
    let ready = true;
    const app = appOf({
      ...{ config, registry, receiver, watch, now },
      waitingBytes: () => pipeline.waitingBytes,
      erase: (id) => erasures.erase(id),
      erasedBefore: (id, erased) => erasures.receiptOf(id, erased),
      isReady: () => ready && pipeline.waitingBytes <= config.most_waiting_bytes,
    });
    const count = () => aggregates.count(now(), watch.takeCounts());
    // What could not be written is counted from here on: the numbers of the warehouse are the true ones.
    const notCounted = (error: unknown) => say({ what: "counts_failed", error });
    const counting = setInterval(() => void count().catch(notCounted), countMs).unref();
    await app.listen({ host: config.host, port: config.port });
    say({ what: "serving" });
    return new CloudServer({ app, warehouse, aggregates, pipeline, registry }, async () => {
      ready = false;
      say({ what: "ending" });
      await app.close();
      clearInterval(counting);
      await pipeline.stop();
      await count();
      await log.close();
      await registry.close();
      await stores.close();
      say({ what: "ended" });
    });
  }

  get url(): string {
    const [given] = this.app.addresses();
    // A string is the path of a socket, which is never listened on.
    const { address, port } = typeof given === "object" ? given : { address: "127.0.0.1", port: 0 };
    return `http://${address}:${port}`;
  }

  /** Takes nothing more, puts away what was accepted, and ends. */
  close(): Promise<void> {
    return this.#close();
  }
}
