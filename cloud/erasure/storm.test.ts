/** A storm of erasures: all are answered, gathered into a few, and what others send goes on into the warehouse meanwhile. */
import { expect, it } from "vitest";
import { receiptIn, Sender } from "../test/sender.ts";
import { startTestServer } from "../test/test-server.ts";

const count = 150;

it("goes on with inserts, and gives every one its receipt", async () => {
  const { server, count: counted } = await startTestServer({ NEXUS_CLOUD_INSERT_MS: "10" }, "test");
  const senders = Array.from({ length: count }, () => new Sender(server.url));
  for (const sender of senders) {
    expect((await sender.enroll()).status).toBe(200);
    expect((await sender.send(sender.batch([sender.event()]))).status).toBe(200);
  }
  await server.pipeline.drain();
  let erasures = 0;
  const { completeErasures } = server.registry;
  server.registry.completeErasures = (...given) => {
    erasures += 1;
    return completeErasures.apply(server.registry, given);
  };
  // Inserts that end while events are being deleted: the erasure works beside them, not in their turn.
  let inserts = 0;
  const beside: number[] = [];
  const { insert, erase } = server.warehouse;
  server.warehouse.insert = async (...given) => {
    await insert.apply(server.warehouse, given);
    inserts += 1;
  };
  server.warehouse.erase = async (...given) => {
    const before = inserts;
    await erase.apply(server.warehouse, given);
    if (given[0] === "events") beside.push(inserts - before);
  };
  const other = new Sender(server.url);
  await other.enroll();
  let [going, sent] = [true, 0];
  const sending = (async () => {
    while (going) {
      expect((await other.send(other.batch([other.event()]))).status).toBe(200);
      sent += 1;
    }
  })();
  const keys = await (await fetch(`${server.url}/v1/telemetry/keys`)).text();
  const first = await Promise.all(senders.map((sender) => sender.requestErasure()));
  expect(new Set(first.map(({ status }) => status))).toEqual(new Set([202]));
  // What came in after the storm began is in the warehouse before it is over.
  const own = `SELECT count() FROM events WHERE anon_user_id = '${other.id}'`;
  const before = sent;
  let inserted = 0;
  while (server.registry.waiting.length > 0) inserted = Math.max(inserted, await counted(own));
  expect(inserted).toBeGreaterThan(before);
  const receipts = await Promise.all(senders.map((sender) => sender.erase()));
  going = false;
  await sending;
  for (const [n, { text }] of receipts.entries())
    expect(receiptIn(text, keys)).toMatchObject({ anon_user_id: senders[n]?.id, erased: 1 });
  expect(erasures).toBeLessThanOrEqual(5);
  expect(Math.max(...beside)).toBeGreaterThan(0);
  await server.pipeline.drain();
  expect(await counted("SELECT count() FROM events FINAL")).toBe(sent);
  expect(await counted("SELECT sum(events) FROM hourly FINAL")).toBe(sent);
}, 120_000);
