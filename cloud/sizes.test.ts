/** The same server with its stores as servers: ClickHouse over HTTP, and a real PostgreSQL. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { hasPostgres, startPostgres } from "./test/postgres-server.ts";
import { running } from "./test/running.ts";
import { receiptIn, Sender } from "./test/sender.ts";

/** Ended after the server, which is registered later and ends earlier. */
async function stores() {
  const folder = mkdtempSync(join(tmpdir(), "nexus-clickhouse-"));
  const front = spawn(process.execPath, [fileURLToPath(new URL("test/clickhouse-front.ts", import.meta.url)), folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port] = await once(front.stdout, "data");
  const postgres = await startPostgres();
  onTestFinished(async () => {
    front.kill("SIGKILL");
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return running(
    {
      NEXUS_CLOUD_WAREHOUSE: `http://127.0.0.1:${String(port).trim()}`,
      NEXUS_CLOUD_AGGREGATES: postgres.url,
    },
    "test",
  );
}

it.skipIf(!hasPostgres())("takes batches, counts each event once, adds up, and erases", async () => {
  const { server, count } = await stores();
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
