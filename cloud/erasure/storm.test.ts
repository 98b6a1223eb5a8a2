/**
 * Many concurrent erasures are answered, run in a few groups, and do not block inserts of other
 * users.
 */
import { expect, it } from "vitest";
import { receiptIn, Sender } from "../test/sender.ts";
import { startTestServer } from "../test/test-server.ts";

const count = 150;

it("continues inserts and sends a receipt for every erasure", async () => {
  const { server, count: countRows } = await startTestServer({ NEXUS_CLOUD_INSERT_MS: "10" }, "test");
  const senders = Array.from({ length: count }, () => new Sender(server.url));
  for (const sender of senders) {
    expect((await sender.enroll()).status).toBe(200);
    expect((await sender.send(sender.batch([sender.event()]))).status).toBe(200);
  }
  await server.pipeline.drain();
  let erasures = 0;
  const { completeErasures } = server.registry;
  server.registry.completeErasures = (...args) => {
    erasures += 1;
    return completeErasures.apply(server.registry, args);
  };
  // Each deletion of events lasts until another insert has finished: if it blocked inserts, it would never end.
  const waiting: (() => void)[] = [];
  const { insert, erase } = server.warehouse;
  server.warehouse.insert = async (...args) => {
    await insert.apply(server.warehouse, args);
    for (const resume of waiting.splice(0)) resume();
  };
  server.warehouse.erase = async (...args) => {
    const inserted = new Promise<void>((resolve) => waiting.push(resolve));
    await erase.apply(server.warehouse, args);
    if (args[0] === "events") await inserted;
  };
  const other = new Sender(server.url);
  await other.enroll();
  let [running, sent] = [true, 0];
  const sending = (async () => {
    while (running) {
      expect((await other.send(other.batch([other.event()]))).status).toBe(200);
      sent += 1;
    }
  })();
  const keys = await (await fetch(`${server.url}/v1/telemetry/keys`)).text();
  const responses = await Promise.all(senders.map((sender) => sender.requestErasure()));
  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([202]));
  const receipts = await Promise.all(senders.map((sender) => sender.erase()));
  running = false;
  await sending;
  for (const [n, { text }] of receipts.entries())
    expect(receiptIn(text, keys)).toMatchObject({ anon_user_id: senders[n]?.id, erased: 1 });
  expect(erasures).toBeLessThanOrEqual(5);
  await server.pipeline.drain();
  expect(await countRows("SELECT count() FROM events FINAL")).toBe(sent);
  expect(await countRows("SELECT sum(events) FROM hourly FINAL")).toBe(sent);
}, 120_000);
