import { expect, it } from "vitest";
import type { DurableLog } from "../log/durable-log.ts";
import { ServerMetrics } from "../metrics.ts";
import { parseFrame } from "../privacy/filter.ts";
import { embeddedPostgres } from "../test/embedded-postgres.ts";
import { Sender } from "../test/sender.ts";
import { BatchReceiver, maxKnownBatches } from "./batch-receiver.ts";
import type { Installation } from "./installation.ts";
import { Registry } from "./registry.ts";

const postgres = await embeddedPostgres();
const watch = () => new ServerMetrics({ waitingBytes: () => 0, erasures: () => 0, versions: new Set() });

const installation = (sender: Sender): Installation => ({
  anonUserId: sender.id,
  secret: sender.secret,
  previousSecret: undefined,
  rotations: 0,
  enrolledMs: 0,
  activeDays: 3,
  activeDay: undefined,
  erasure: "none",
});

it("refuses a batch whose pseudonym is erased while it is checked", async () => {
  const registry = await Registry.open(postgres);
  const appended: string[] = [];
  const log = { append: (_key: string, text: string) => Promise.resolve(void appended.push(text)) };
  const sender = new Sender("");
  const now = Date.now();
  // The erasure happens while an old batch is looked up.
  await registry.enroll(sender.id, sender.secret, now);
  const findBatch = async () => {
    await registry.requestErasure(sender.id, now);
    return undefined;
  };
  const receiver = new BatchReceiver(log as unknown as DurableLog, registry, watch(), findBatch, now - 1_000_000);
  const send = (generated_at: number) => {
    const body = sender.batch([sender.event()], { generated_at });
    const frame = parseFrame(JSON.parse(body));
    if (typeof frame === "string") throw new Error(frame);
    return receiver.receive(frame, Buffer.from(body), now, installation(sender));
  };
  expect(await send(now + 3_000_000)).toMatchObject({ type: "accepted" });
  expect(appended).toHaveLength(1);
  expect(await send(now - 30 * 86_400_000)).toEqual({ type: "erased" });
  expect(appended).toHaveLength(1);
});

it("keeps a limited number of batches in memory and looks up the others", async () => {
  const registry = await Registry.open(postgres);
  const sender = new Sender("");
  const now = Date.now();
  const hour = 3_600_000;
  const lookups: string[] = [];
  const findBatch = (_user: string, id: string) => Promise.resolve(void lookups.push(id));
  const log = { append: () => Promise.resolve() } as unknown as DurableLog;
  const createReceiver = () => new BatchReceiver(log, registry, watch(), findBatch, now - 24 * hour);
  const send = async (receiver: BatchReceiver, generated_at: number) => {
    const body = sender.batch([sender.event()], { generated_at });
    const frame = parseFrame(JSON.parse(body));
    if (typeof frame === "string") throw new Error(frame);
    await receiver.receive(frame, Buffer.from(body), now, installation(sender));
    return lookups.splice(0).length;
  };
  const emptyReceiver = createReceiver();
  expect([await send(emptyReceiver, now - 24 * hour), await send(emptyReceiver, now - 22 * hour)]).toEqual([1, 0]);
  const receiver = createReceiver();
  // One more than the limit: batches older than the oldest one in memory need a lookup again.
  for (let n = 0; n <= maxKnownBatches; n += 1) {
    receiver.remember(sender.id, `batch ${n}`, { sha256: "", answer: "", receivedMs: now - 4 * hour + n });
  }
  const counts = [];
  for (const hours of [22, 3.5, 2]) counts.push(await send(receiver, now - hours * hour));
  expect(counts).toEqual([1, 1, 0]);
});
