/**
 * nexus-cloud's ingest: rate until all events are in the warehouse, response time at half of that
 * load, and behaviour at twice the load. Baselines: inserting the same rows directly into the same
 * engine, and a bare Fastify server that parses and discards them.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { IngestServer, perBatch } from "./ingest-server.ts";
import { scaled } from "./load.ts";
import { figure, type Measurement, quantile } from "./measurement.ts";

const runnerOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const [inFlight, rowsPerInsert] = [6, 50_000];
/** Events per batch at half load: about an hour of work. */
const halfEvents = 100;

const runMs = (runner: string, ...args: readonly number[]): number =>
  Number(execFileSync(process.execPath, [runnerOf(runner), ...args.map(String)], { encoding: "utf8" }));

/**
 * Sends batches as fast as the server responds. Returns the milliseconds until all are in the
 * warehouse.
 */
async function sendAll(server: IngestServer, bodies: readonly string[]): Promise<number> {
  const startedMs = performance.now();
  await server.sender.sendAll(bodies, inFlight);
  await server.emptied();
  return performance.now() - startedMs;
}

interface TimedResponse {
  readonly status: number;
  readonly ms: number;
}

/** Sends batches at a fixed interval, regardless of pending responses. */
async function sendEvery(
  server: IngestServer,
  bodies: readonly string[],
  everyMs: number,
  watch: (n: number) => void = () => undefined,
): Promise<readonly TimedResponse[]> {
  const responses: Promise<TimedResponse>[] = [];
  const startedMs = performance.now();
  for (const [n, body] of bodies.entries()) {
    const wait = startedMs + n * everyMs - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const sentMs = performance.now();
    responses.push(server.sender.send(body).then(({ status }) => ({ status, ms: performance.now() - sentMs })));
    watch(n);
  }
  return Promise.all(responses);
}

export async function ingest(): Promise<readonly Measurement[]> {
  const [batches, halfBatches] = [scaled(150, 6), scaled(1_000, 20)];
  const events = batches * perBatch;
  const rate = (tookMs: number) => (events * 1_000) / tookMs;
  const rawMs = runMs("ingest-runner.ts", events, rowsPerInsert);
  const echoMs = runMs("../cloud/test/fastify-baseline.ts", batches, perBatch, inFlight);
  const server = await IngestServer.start();
  let [ms, half]: [number, readonly TimedResponse[]] = [0, []];
  try {
    await sendAll(server, server.batches(10));
    ms = await sendAll(server, server.batches(batches));
    half = await sendEvery(server, server.batches(halfBatches, halfEvents), (2 * ms * halfEvents) / events);
  } finally {
    await server.stop();
  }
  const waits = half.map((response) => response.ms);
  const overload = await overloaded(ms / batches / 2);
  return [
    figure({
      name: "ingest-rate",
      unit: "events/s",
      value: rate(ms),
      limit: 60_000,
      atLeast: true,
      against: "direct inserts into the same engine",
      baseline: rate(rawMs),
    }),
    figure({
      name: "ingest-to-raw",
      unit: "×",
      value: rawMs / ms,
      limit: 0.22,
      atLeast: true,
      against: "rate of a bare Fastify server / ingest rate",
      baseline: rate(echoMs) / rate(ms),
    }),
    figure({
      name: "ingest-answer-p99",
      unit: "ms",
      value: quantile(waits, 0.99),
      limit: 50,
      against: "median at half load",
      baseline: quantile(waits, 0.5),
    }),
    ...overload,
  ];
}

/**
 * Sends twice the possible rate until the log is full: excess batches are rejected, and memory does
 * not grow.
 */
async function overloaded(everyMs: number): Promise<readonly Measurement[]> {
  const server = await IngestServer.start({ NEXUS_CLOUD_MOST_WAITING_BYTES: "20000000" });
  try {
    const resident = () => server.metric("process_resident_memory_bytes");
    await sendAll(server, server.batches(20));
    const seen: Promise<number>[] = [];
    const responses = await sendEvery(server, server.batches(scaled(400, 30)), everyMs, (n) => {
      if (n % 10 === 0) seen.push(resident());
    });
    const memory = await Promise.all(seen);
    const third = Math.floor(memory.length / 3);
    const [early, late] = [Math.max(...memory.slice(0, third)), Math.max(...memory.slice(-third))];
    const other = responses.find(({ status }) => status !== 200 && status !== 503);
    if (other !== undefined) throw new Error(`unexpected status ${other.status}`);
    const rejected = responses.filter(({ status }) => status === 503).length;
    return [
      figure({
        name: "ingest-overload-turned-away",
        unit: "calls",
        value: rejected,
        limit: 1,
        atLeast: true,
        against: "batches at twice the load",
        baseline: responses.length,
      }),
      figure({
        name: "ingest-overload-memory",
        unit: "×",
        value: late / early,
        limit: 1.25,
        against: "maximum of the first third, in GB",
        baseline: early / 1e9,
      }),
    ];
  } finally {
    await server.stop();
  }
}
