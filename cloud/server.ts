/** The whole server: what is opened, in which order, and how it ends. */
import type { FastifyInstance } from "fastify";
import type { Aggregates } from "./aggregates/aggregates.ts";
import type { Config } from "./config.ts";
import { Erasures } from "./erasure/erase.ts";
import { dayMs, hourMs } from "./hours.ts";
import { ingestApp } from "./ingest/app.ts";
import { openReceiver } from "./ingest/known-batches.ts";
import { newOperatorToken, operatorApp } from "./ingest/operator-app.ts";
import { Readiness } from "./ingest/readiness.ts";
import type { Registry } from "./ingest/registry.ts";
import { openLog } from "./log/open-log.ts";
import { logEvent } from "./logger.ts";
import { isLoopback } from "./loopback.ts";
import { ServerMetrics } from "./metrics.ts";
import { writeOperatorFile } from "./operator-file.ts";
import { Pipeline } from "./pipeline/pipeline.ts";
import { releases } from "./releases.ts";
import { openStores } from "./stores.ts";
import type { Warehouse } from "./warehouse/warehouse.ts";

/** Milliseconds from one writing of the monthly counts to the next. */
const countMs = 10_000;
/** Enrolments of which no batch was accepted for so long expire; looked for every hour. Milliseconds. */
const [enrolmentMs, expireMs] = [dayMs, hourMs];

export class CloudServer {
  readonly app: FastifyInstance;
  readonly operator: FastifyInstance;
  readonly warehouse: Warehouse;
  readonly aggregates: Aggregates;
  readonly pipeline: Pipeline;
  readonly registry: Registry;
  readonly erasures: Erasures;
  readonly #close: () => Promise<void>;

  private constructor(parts: Omit<CloudServer, "url" | "operatorUrl" | "close">, close: () => Promise<void>) {
    this.app = parts.app;
    this.operator = parts.operator;
    this.warehouse = parts.warehouse;
    this.aggregates = parts.aggregates;
    this.pipeline = parts.pipeline;
    this.registry = parts.registry;
    this.erasures = parts.erasures;
    this.#close = close;
  }

  /** Opens everything, makes what is missing, and listens. @throws what keeps it from that. */
  static async start(config: Config, now: () => number = Date.now): Promise<CloudServer> {
    const stores = await openStores(config);
    const { warehouse, aggregates, registry } = stores;
    const log = await openLog(config);
    const versions = new Set([...releases, ...config.versions.split(",")]);
    const watch: ServerMetrics = new ServerMetrics({
      waitingBytes: () => pipeline.waitingBytes,
      erasures: () => registry.waiting.length,
      versions,
    });
    const pipeline: Pipeline = new Pipeline(log, warehouse, aggregates, {
      data: config.data,
      insertRows: config.insert_rows,
      insertMs: config.insert_ms,
      minUsers: config.least_users,
      erasedAmong: (ids) => registry.erasedAmong(ids),
      inserted: (rows) => watch.inserted(rows),
      failed: (error) => {
        watch.failed();
        logEvent({ event: "put_away_failed", error });
      },
      now,
    });
    const receiver = await openReceiver({ log, registry, watch, warehouse, pipeline, now });
    const erasures = new Erasures({ registry, receiver, pipeline, warehouse, watch, now });
    pipeline.start();
    erasures.start();
    let ready = true;
    const readiness = new Readiness(log, registry, now);
    const isReady = async () =>
      ready && pipeline.waitingBytes <= config.most_waiting_bytes && (await readiness.isWritable());
    const app = ingestApp({
      config,
      registry,
      receiver,
      erasures,
      watch,
      isReady,
      now,
      waitingBytes: () => pipeline.waitingBytes,
    });
    const token = newOperatorToken();
    const operator = operatorApp({ registry, watch, isReady, isLoopback: isLoopback(config.operator_host) }, token);
    const counting = every(countMs, "counts_failed", () => countOperations(aggregates, watch, now()));
    const expiring = every(expireMs, "expiry_failed", () => expireEnrolments(registry, now()));
    const operatorPort = config.operator_port ?? (config.port === 0 ? 0 : config.port + 1);
    await operator.listen({ host: config.operator_host, port: operatorPort });
    await app.listen({ host: config.host, port: config.port });
    await writeOperatorFile(config.data, { url: urlOf(operator), token });
    logEvent({ event: "serving" });
    return new CloudServer({ app, operator, warehouse, aggregates, pipeline, registry, erasures }, async () => {
      ready = false;
      logEvent({ event: "ending" });
      await app.close();
      clearInterval(expiring);
      clearInterval(counting);
      await erasures.stop();
      await pipeline.stop();
      await countOperations(aggregates, watch, now());
      await operator.close();
      await log.close();
      await stores.close();
      logEvent({ event: "ended" });
    });
  }

  get url(): string {
    return urlOf(this.app);
  }

  /** Where metrics and the operator's routes are. */
  get operatorUrl(): string {
    return urlOf(this.operator);
  }

  /** Takes nothing more, puts away what was accepted, and ends. */
  close(): Promise<void> {
    return this.#close();
  }
}

function urlOf(app: FastifyInstance): string {
  const [given] = app.addresses();
  // A string is the path of a socket, which is never listened on.
  const { address, port } = typeof given === "object" ? given : { address: "127.0.0.1", port: 0 };
  return `http://${address.includes(":") ? `[${address}]` : address}:${port}`;
}

/** Does `work` now and then. What failed is done again with the next turn. */
function every(ms: number, what: "counts_failed" | "expiry_failed", work: () => Promise<unknown>): NodeJS.Timeout {
  const run = () => void work().catch((error: unknown) => logEvent({ event: what, error }));
  return setInterval(run, ms).unref();
}

/** What cannot be written now is counted with the next turn. */
async function countOperations(aggregates: Aggregates, watch: ServerMetrics, nowMs: number): Promise<void> {
  const counts = watch.takeCounts();
  try {
    await aggregates.count(nowMs, counts);
  } catch (error) {
    watch.giveBack(counts);
    throw error;
  }
}

async function expireEnrolments(registry: Registry, nowMs: number): Promise<void> {
  const count = await registry.expire(nowMs - enrolmentMs);
  if (count > 0) logEvent({ event: "enrolments_expired", count });
}
