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

it("takes nothing of whoever was erased while the request was looked at", async () => {
  const registry = await Registry.open(postgres);
  const appended: string[] = [];
  const log = { append: (_key: string, text: string) => Promise.resolve(void appended.push(text)) };
  const sender = new Sender("");
  const now = Date.now();
  // Old batches are looked up, and that takes its time: here so long that the erasure comes between.
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

it("knows so many batches by heart, and looks others up", async () => {
  const registry = await Registry.open(postgres);
  const sender = new Sender("");
  const now = Date.now();
  const hour = 3_600_000;
  const asked: string[] = [];
  const findBatch = (_user: string, id: string) => Promise.resolve(void asked.push(id));
  const log = { append: () => Promise.resolve() } as unknown as DurableLog;
  const fresh = () => new BatchReceiver(log, registry, watch(), findBatch, now - 24 * hour);
  const send = async (receiver: BatchReceiver, generated_at: number) => {
    const body = sender.batch([sender.event()], { generated_at });
    const frame = parseFrame(JSON.parse(body));
    if (typeof frame === "string") throw new Error(frame);
    await receiver.receive(frame, Buffer.from(body), now, installation(sender));
    return asked.splice(0).length;
  };
  const few = fresh();
  expect([await send(few, now - 24 * hour), await send(few, now - 22 * hour)]).toEqual([1, 0]);
  const receiver = fresh();
  // One more than it keeps: of what came before the oldest that it has left it is not sure any more.
  for (let n = 0; n <= maxKnownBatches; n += 1) {
    receiver.remember(sender.id, `batch ${n}`, { sha256: "", answer: "", receivedMs: now - 4 * hour + n });
  }
  const lookedUp = [];
  for (const hours of [22, 3.5, 2]) lookedUp.push(await send(receiver, now - hours * hour));
  expect(lookedUp).toEqual([1, 1, 0]);
});
