/** The composition root of the server: opens and closes its parts in order. */

import type { FastifyInstance } from "fastify";
import { dayMs, hourMs } from "../shared/schema/durations.ts";
import type { Aggregates } from "./aggregates/aggregates.ts";
import { Analytics } from "./analytics/analytics.ts";
import { analyticsApp } from "./analytics/api/app.ts";
import { analyticsRoutes, apiKeyRoutes } from "./analytics/api/routes.ts";
import type { Config } from "./config.ts";
import { Erasures } from "./erasure/erase.ts";

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

/** Interval for storing the monthly operation counts. Milliseconds. */
const countMs = 10_000;
/**
 * Age at which enrolments without an accepted batch expire, and the interval of that check.
 * Milliseconds.
 */
const [enrolmentMs, expireMs] = [dayMs, hourMs];

export class CloudServer {
  readonly app: FastifyInstance;
  readonly operator: FastifyInstance;
  readonly analytics: FastifyInstance;
  readonly warehouse: Warehouse;
  readonly aggregates: Aggregates;
  readonly pipeline: Pipeline;
  readonly registry: Registry;
  readonly erasures: Erasures;
  readonly #close: () => Promise<void>;

  private constructor(
    parts: Omit<CloudServer, "url" | "operatorUrl" | "analyticsUrl" | "close">,
    close: () => Promise<void>,
  ) {
    this.app = parts.app;
    this.operator = parts.operator;
    this.analytics = parts.analytics;
    this.warehouse = parts.warehouse;
    this.aggregates = parts.aggregates;
    this.pipeline = parts.pipeline;
    this.registry = parts.registry;
    this.erasures = parts.erasures;
    this.#close = close;
  }

  /**
   * Opens the stores, creates missing tables, and listens.
   * @throws the stores' or the listener's error.
   */
  static async start(config: Config, now: () => number = Date.now): Promise<CloudServer> {
    const stores = await openStores(config);
    const { warehouse, aggregates, registry, apiKeys } = stores;
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
        logEvent({ event: "insert_failed", error });
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
    const questions = new Analytics(warehouse, {
      minUsers: config.min_group_users,
      now,
      dataVersion: () => pipeline.dataVersion,
    });
    const addRoutes = (scope: FastifyInstance) => {
      analyticsRoutes(scope, questions);
      apiKeyRoutes(scope, apiKeys, now);
    };
    const operator = operatorApp(
      { registry, watch, isReady, isLoopback: isLoopback(config.operator_host), addRoutes },
      token,
    );
    const analytics = analyticsApp({ analytics: questions, apiKeys, now });
    const counting = every(countMs, "counts_failed", () => countOperations(aggregates, watch, now()));
    const expiring = every(expireMs, "expiry_failed", () => expireEnrolments(registry, now()));
    const portAfter = (n: number) => (config.port === 0 ? 0 : config.port + n);
    const operatorPort = config.operator_port ?? portAfter(1);
    await analytics.listen({ host: config.analytics_host, port: config.analytics_port ?? portAfter(2) });
    await operator.listen({ host: config.operator_host, port: operatorPort });
    await app.listen({ host: config.host, port: config.port });
    await writeOperatorFile(config.data, { url: urlOf(operator), token });
    logEvent({ event: "serving" });
    return new CloudServer(
      { app, operator, analytics, warehouse, aggregates, pipeline, registry, erasures },
      async () => {
        ready = false;
        logEvent({ event: "stopping" });
        await app.close();
        await analytics.close();
        clearInterval(expiring);
        clearInterval(counting);
        await erasures.stop();
        await pipeline.stop();
        await countOperations(aggregates, watch, now());
        await operator.close();
        await log.close();
        await stores.close();
        logEvent({ event: "stopped" });
      },
    );
  }

  get url(): string {
    return urlOf(this.app);
  }

  /** URL of the metrics and the operator's routes. */
  get operatorUrl(): string {
    return urlOf(this.operator);
  }

  /** URL of the query API. */
  get analyticsUrl(): string {
    return urlOf(this.analytics);
  }

  /** Stops accepting batches, drains the log and closes the stores. */
  close(): Promise<void> {
    return this.#close();
  }
}

function urlOf(app: FastifyInstance): string {
  const [bound] = app.addresses();
  // A string would be a socket path; the server never listens on one.
  const { address, port } = typeof bound === "object" ? bound : { address: "127.0.0.1", port: 0 };
  return `http://${address.includes(":") ? `[${address}]` : address}:${port}`;
}

/** Repeats `work`. A failure is logged as `event`; the next interval retries. */
function every(ms: number, event: "counts_failed" | "expiry_failed", work: () => Promise<unknown>): NodeJS.Timeout {
  const run = () => void work().catch((error: unknown) => logEvent({ event, error }));
  return setInterval(run, ms).unref();
}

/** Stores the operation counts. Counts that could not be stored are kept for the next interval. */
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
