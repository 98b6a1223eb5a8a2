/** The same server with its stores as servers: ClickHouse over HTTP, and a real PostgreSQL. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { hasPostgres, startPostgres } from "./test/postgres-server.ts";
import { running } from "./test/running.ts";
import { receiptIn, Sender } from "./test/sender.ts";

const program = fileURLToPath(new URL("test/clickhouse-front.ts", import.meta.url));

/** ClickHouse's HTTP interface in a process of its own, which can go and come back. */
class Front {
  readonly #folder = mkdtempSync(join(tmpdir(), "nexus-clickhouse-"));
  #process: ChildProcess | undefined;
  port = 0;

  async start(): Promise<void> {
    const args = this.port === 0 ? [] : [String(this.port)];
    const child = spawn(process.execPath, [program, this.#folder, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    this.#process = child;
    const [port] = await once(child.stdout, "data");
    this.port = Number(String(port).trim());
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function started(): Promise<Front> {
  const front = new Front();
  await front.start();
  // After the server, which is registered later and ends earlier.
  onTestFinished(async () => {
    await front.stop();
    front.remove();
  });
  return front;
}

it("turns batches away while the warehouse is away, loses none that it took, and heals", async () => {
  const front = await started();
  const { server, count } = await running(
    {
      NEXUS_CLOUD_WAREHOUSE: `http://127.0.0.1:${front.port}`,
      NEXUS_CLOUD_MOST_WAITING_BYTES: "1000000",
      NEXUS_CLOUD_INSERT_MS: "1",
    },
    "test",
  );
  const sender = new Sender(server.url);
  await sender.enroll();
  await sender.send(sender.batch([sender.event()]));
  await server.pipeline.drain();
  await front.stop();
  let taken = 1;
  for (;;) {
    const answer = await sender.send(sender.batch(Array.from({ length: 500 }, () => sender.event())));
    if (answer.status === 503) {
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
      break;
    }
    expect(answer.status).toBe(200);
    taken += 500;
  }
  expect(taken).toBeGreaterThan(1_000);
  expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
  await front.start();
  await server.pipeline.drain();
  expect(await count("SELECT count() FROM events FINAL")).toBe(taken);
  expect(await count("SELECT sum(events) FROM hourly FINAL")).toBe(taken);
  expect((await sender.send(sender.batch([sender.event()]))).status).toBe(200);
});

it.skipIf(!hasPostgres())("takes batches, counts each event once, adds up, and erases", async () => {
  const front = await started();
  const postgres = await startPostgres();
  onTestFinished(() => postgres.stop());
  const { server, count } = await running(
    { NEXUS_CLOUD_WAREHOUSE: `http://127.0.0.1:${front.port}`, NEXUS_CLOUD_AGGREGATES: postgres.url },
    "test",
  );
  const [first, second] = [new Sender(server.url), new Sender(server.url)];
  for (const sender of [first, second]) expect((await sender.enroll()).status).toBe(200);
  const events = Array.from({ length: 40 }, (_, n) => first.event({}, Date.now() - n * 3_600_000));
  const body = first.batch(events);
  const answer = await first.send(body);
  expect(answer.status).toBe(200);
  expect(await first.send(body)).toMatchObject({ status: 200, text: answer.text });
  await first.send(first.batch(events.slice(0, 10)));
  await second.send(second.batch([second.event(), second.event({ command: "git it's" })]));
  await server.pipeline.drain();
  expect(await count("SELECT count() FROM events FINAL")).toBe(41);
  expect(await count("SELECT sum(events) FROM hourly FINAL")).toBe(41);
  const total = async (table: string) =>
    Number((await server.aggregates.query<{ n: string }>(`SELECT sum(events) n FROM ${table}`))[0]?.n ?? 0);
  expect([await total("daily"), await total("monthly")]).toEqual([41, 41]);

  const keys = await (await fetch(`${server.url}/v1/telemetry/keys`)).text();
  const erased = await first.erase();
  expect(receiptIn(erased.text, keys)).toMatchObject({ anon_user_id: first.id, erased: 40 });
  expect(await count("SELECT count() FROM events FINAL")).toBe(1);
  expect([await total("daily"), await total("monthly")]).toEqual([1, 1]);
});
