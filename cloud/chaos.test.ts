/**
 * Invariant never-lost-never-twice, from the wire to the totals: the server is killed repeatedly
 * under load while clients repeat unanswered batches and some answered ones. In the end each
 * accepted event is stored exactly once.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { CloudServer } from "./server.ts";
import { CloudProcess } from "./test/cloud-process.ts";
import { hasKafka, KafkaBroker } from "./test/kafka-broker.ts";
import { type HttpResponse, receiptIn, Sender } from "./test/sender.ts";
import { startTestServer } from "./test/test-server.ts";

const [kills, senders, batches, perBatch, erasures] = [6, 4, 40, 10, 4];

/** Creates a deterministic random generator (linear congruential). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The batch in which an event was accepted: index of the sender and of its batch. */
interface Accepted {
  readonly sender: number;
  readonly batch: number;
  readonly batchId: string;
}

/** A server process that can be restarted; `url` changes with each start. */
class Child {
  readonly #env: Readonly<Record<string, string>>;
  #served: CloudProcess | undefined;
  url = "";
  /** Resolves when it listens. */
  up: Promise<void> = Promise.resolve();

  constructor(env: Readonly<Record<string, string>>) {
    this.#env = env;
  }

  start(): Promise<void> {
    this.up = this.#start();
    return this.up;
  }

  async #start(): Promise<void> {
    this.#served = await CloudProcess.start({
      ...this.#env,
      NEXUS_CLOUD_LEAST_USERS: "1",
      NEXUS_CLOUD_INSERT_MS: "20",
    });
    this.url = this.#served.url;
  }

  kill(signal: "SIGKILL" | "SIGTERM"): Promise<number | null> {
    return this.#served?.end(signal) ?? Promise.resolve(null);
  }
}

/**
 * Repeats a request until the status is 200 or `otherStatus`. Waits for the next start while the
 * server is down.
 */
async function untilAnswered(
  child: Child,
  sender: Sender,
  request: () => Promise<HttpResponse>,
  otherStatus = 200,
): Promise<HttpResponse> {
  for (;;) {
    sender.url = child.url;
    const response = await request().catch(() => undefined);
    if (response?.status === 200 || response?.status === otherStatus) return response;
    expect([undefined, 503]).toContain(response?.status);
    await child.up;
  }
}

async function chaos(seed: number, log: Readonly<Record<string, string>>): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), "nexus-chaos-"));
  const env = { ...log, NEXUS_CLOUD_DATA: data };
  const child = new Child(env);
  onTestFinished(async ({ task }) => {
    await child.kill("SIGKILL");
    if (task.result?.state !== "fail") rmSync(data, { recursive: true, force: true });
    else console.error(`Data folder of the failed run: ${data}`);
  });
  await child.start();
  const accepted = new Map<string, Accepted>();
  let answered = 0;
  let done = false;

  const sending = Array.from({ length: senders }, async (_, n) => {
    const random = createRandom(seed * 1_000 + n);
    const sender = new Sender(child.url);
    const until200 = (request: () => Promise<HttpResponse>) => untilAnswered(child, sender, request);
    await until200(() => sender.enroll());
    const sent: string[] = [];
    // Shuffled batches with events of the last 40 hours, so that they are late and span two days.
    const shuffled = Array.from({ length: batches }, (_unused, at) =>
      Array.from({ length: perBatch }, () => sender.event({}, Date.now() - Math.floor(random() * 40) * 3_600_000 - at)),
    ).sort(() => random() - 0.5);
    for (const events of shuffled) {
      const body = sender.batch(events);
      await until200(() => sender.send(body));
      const key = { sender: n, batch: sent.length, batchId: String(JSON.parse(body).batch_id) };
      for (const event of events) accepted.set(String(event["event_id"]), key);
      answered += 1;
      sent.push(body);
      if (random() < 0.1) {
        const repeated = sent[Math.floor(random() * sent.length)] ?? body;
        await until200(() => sender.send(repeated));
      }
    }
  });
  // Other users are erased meanwhile and must get their receipts despite the kills.
  const erasing = Array.from({ length: erasures }, async (_, n) => {
    const sender = new Sender(child.url);
    await untilAnswered(child, sender, () => sender.enroll());
    for (let batch = 0; batch <= n; batch += 1) {
      const body = sender.batch(Array.from({ length: perBatch }, () => sender.event()));
      await untilAnswered(child, sender, () => sender.send(body));
    }
    const first = await untilAnswered(child, sender, () => sender.requestErasure(), 202);
    for (let response = first; ; response = await untilAnswered(child, sender, () => sender.erasureStatus(), 202)) {
      if (response.status === 200) return { id: sender.id, events: (n + 1) * perBatch, text: response.text };
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
  const finished = Promise.all(sending).then(() => {
    done = true;
  });

  const random = createRandom(seed * 1_000 + 99);
  for (let n = 0; n < kills && !done; n += 1) {
    const killAt = answered + 3 + Math.floor(random() * 18);
    while (answered < killAt && !done) await new Promise((resolve) => setImmediate(resolve));
    await child.kill("SIGKILL");
    await child.start();
  }
  await finished;
  const erased = await Promise.all(erasing);
  const keys = await (await fetch(`${child.url}/v1/telemetry/keys`)).text();
  for (const { id, events, text } of erased)
    expect(receiptIn(text, keys)).toMatchObject({ anon_user_id: id, erased: events });
  expect(await child.kill("SIGTERM")).toBe(0);

  const { server, count } = await startTestServer(env, "test");
  await server.pipeline.drain();
  expect(accepted.size).toBe(senders * batches * perBatch);
  expect(await describeDifferences(server, accepted, data)).toEqual([]);
  const totals: Record<string, number> = {
    "events in the warehouse": await count("SELECT count() n FROM events FINAL"),
    "hourly totals": await count("SELECT sum(events) n FROM hourly FINAL"),
  };
  for (const table of ["daily", "monthly"]) {
    const [total] = await server.aggregates.query<{ n: string }>(`SELECT sum(events) n FROM ${table}`);
    totals[`${table} totals`] = Number(total?.n);
  }
  expect(totals).toEqual(Object.fromEntries(Object.keys(totals).map((name) => [name, accepted.size])));
  const differing = await server.warehouse.query(
    `SELECT hour, sum(a) AS stored, sum(b) AS recounted FROM (
       SELECT hour, events AS a, 0 AS b FROM hourly FINAL
       UNION ALL SELECT toStartOfHour(toDateTime(ts, 'UTC')) AS hour, 0 AS a, 1 AS b FROM events FINAL
     ) GROUP BY hour HAVING stored != recounted`,
  );
  expect(differing).toEqual([]);
}

/**
 * Describes events that were accepted but are missing in the warehouse, and events that were never
 * accepted.
 */
async function describeDifferences(
  { warehouse, pipeline }: CloudServer,
  accepted: ReadonlyMap<string, Accepted>,
  data: string,
): Promise<readonly string[]> {
  const ids = await warehouse.query<{ id: string }>("SELECT toString(event_id) id FROM events FINAL");
  const found = new Set(ids.map(({ id }) => id));
  const batchIds = await warehouse.query<{ id: string }>("SELECT toString(batch_id) id FROM batches FINAL");
  const inserted = new Set(batchIds.map(({ id }) => id));
  const waiting = new Set((await pipeline.waitingHeads()).map(({ batch_id }) => batch_id));
  const checkpoint = readFileSync(join(data, "progress.json"), "utf8");
  const missing = [...accepted].filter(([id]) => !found.has(id));
  const foreign = [...found].filter((id) => !accepted.has(id));
  return [
    ...missing.map(
      ([id, { sender, batch, batchId }]) =>
        `${id}: sender ${sender}, batch ${batch}, ${waiting.has(batchId) ? "still" : "not"} in the log, ` +
        `${inserted.has(batchId) ? "" : "not "}in the table batches; checkpoint ${checkpoint}`,
    ),
    ...foreign.map((id) => `${id}: in the warehouse but never accepted`),
  ];
}

/** Number of runs per log type, each with its own seed. */
const rounds = Number(process.env["NEXUS_CHAOS_ROUNDS"] ?? 1);
const seeds = Array.from({ length: rounds }, (_, n) => n + 1);

it.each(seeds)(
  "loses nothing and counts nothing twice with its log in files (seed %i)",
  (seed) => chaos(seed, {}),
  240_000,
);

it.skipIf(!hasKafka()).each(seeds)(
  "loses nothing and counts nothing twice with its log on Kafka (seed %i)",
  async (seed) => {
    const broker = await KafkaBroker.start();
    onTestFinished(() => broker.stop());
    await chaos(seed, { NEXUS_CLOUD_LOG: broker.address("events"), NEXUS_CLOUD_LOG_PARTITIONS: "3" });
  },
  240_000,
);
