/**
 * Invariant never-lost-never-twice, from the wire to the totals: a server that is killed again and again under load, clients that repeat what was not
 * answered, and some of what was. In the end what was accepted is there, once.
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

/** The same each time for the same seed (a linear congruential generator). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Where an event went in: which sender's how manieth batch. */
interface Accepted {
  readonly sender: number;
  readonly batch: number;
  readonly batchId: string;
}

/** A server of its own process; `url` changes with each start. */
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

/** Repeats a request until it is answered 200 or `also`. While the server is down it waits for the next start. */
async function untilAnswered(
  child: Child,
  sender: Sender,
  ask: () => Promise<HttpResponse>,
  also = 200,
): Promise<HttpResponse> {
  for (;;) {
    sender.url = child.url;
    const answer = await ask().catch(() => undefined);
    if (answer?.status === 200 || answer?.status === also) return answer;
    expect([undefined, 503]).toContain(answer?.status);
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
    else console.error(`What it left is kept: ${data}`);
  });
  await child.start();
  const accepted = new Map<string, Accepted>();
  let answered = 0;
  let done = false;

  const sending = Array.from({ length: senders }, async (_, n) => {
    const random = chance(seed * 1_000 + n);
    const sender = new Sender(child.url);
    const until200 = (ask: () => Promise<HttpResponse>) => untilAnswered(child, sender, ask);
    await until200(() => sender.enroll());
    const sent: string[] = [];
    // Made beforehand and sent in another order; hours late, and across two days.
    const made = Array.from({ length: batches }, (_unused, at) =>
      Array.from({ length: perBatch }, () => sender.event({}, Date.now() - Math.floor(random() * 40) * 3_600_000 - at)),
    ).sort(() => random() - 0.5);
    for (const events of made) {
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
  // Some are erased meanwhile, whatever is killed in between, and get their receipts.
  const erasing = Array.from({ length: erasures }, async (_, n) => {
    const sender = new Sender(child.url);
    await untilAnswered(child, sender, () => sender.enroll());
    for (let batch = 0; batch <= n; batch += 1) {
      const body = sender.batch(Array.from({ length: perBatch }, () => sender.event()));
      await untilAnswered(child, sender, () => sender.send(body));
    }
    const first = await untilAnswered(child, sender, () => sender.requestErasure(), 202);
    for (let answer = first; ; answer = await untilAnswered(child, sender, () => sender.erasureStatus(), 202)) {
      if (answer.status === 200) return { id: sender.id, events: (n + 1) * perBatch, text: answer.text };
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
  const finished = Promise.all(sending).then(() => {
    done = true;
  });

  const random = chance(seed * 1_000 + 99);
  for (let n = 0; n < kills && !done; n += 1) {
    const wanted = answered + 3 + Math.floor(random() * 18);
    while (answered < wanted && !done) await new Promise((resolve) => setImmediate(resolve));
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
  expect(await short(server, accepted, data)).toEqual([]);
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
    `SELECT hour, sum(a) AS own, sum(b) AS recounted FROM (
       SELECT hour, events AS a, 0 AS b FROM hourly FINAL
       UNION ALL SELECT toStartOfHour(toDateTime(ts, 'UTC')) AS hour, 0 AS a, 1 AS b FROM events FINAL
     ) GROUP BY hour HAVING own != recounted`,
  );
  expect(differing).toEqual([]);
}

/** Which events were accepted and are not in the warehouse, and which are there and were not: each with what is known of its way. */
async function short(
  { warehouse, pipeline }: CloudServer,
  accepted: ReadonlyMap<string, Accepted>,
  data: string,
): Promise<readonly string[]> {
  const ids = await warehouse.query<{ id: string }>("SELECT toString(event_id) id FROM events FINAL");
  const found = new Set(ids.map(({ id }) => id));
  const batchIds = await warehouse.query<{ id: string }>("SELECT toString(batch_id) id FROM batches FINAL");
  const inserted = new Set(batchIds.map(({ id }) => id));
  const waiting = new Set((await pipeline.waitingHeads()).map(({ batch_id }) => batch_id));
  const progress = readFileSync(join(data, "progress.json"), "utf8");
  const missing = [...accepted].filter(([id]) => !found.has(id));
  const foreign = [...found].filter((id) => !accepted.has(id));
  return [
    ...missing.map(
      ([id, { sender, batch, batchId }]) =>
        `${id}: sender ${sender}, its batch ${batch}, ${waiting.has(batchId) ? "still waits in the log" : "is not in the log"}, ` +
        `${inserted.has(batchId) ? "is" : "is not"} among the warehouse's batches; ${progress}`,
    ),
    ...foreign.map((id) => `${id}: in the warehouse, and never answered`),
  ];
}

/** So often each; the seeds of kills and senders differ. */
const rounds = Number(process.env["NEXUS_CHAOS_ROUNDS"] ?? 1);
const each = Array.from({ length: rounds }, (_, n) => n + 1);

it.each(each)("loses nothing and counts nothing twice, with its log in files (%i)", (seed) => chaos(seed, {}), 240_000);

it.skipIf(!hasKafka()).each(each)(
  "loses nothing and counts nothing twice, with its log on Kafka (%i)",
  async (seed) => {
    const broker = await KafkaBroker.start();
    onTestFinished(() => broker.stop());
    await chaos(seed, { NEXUS_CLOUD_LOG: broker.address("events"), NEXUS_CLOUD_LOG_PARTITIONS: "3" });
  },
  240_000,
);
