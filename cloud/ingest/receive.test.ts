import { join } from "node:path";
import { expect, it } from "vitest";
import { freshFolder } from "../../test/fixtures/folder.ts";
import type { EventLog } from "../log/event-log.ts";
import { Watch } from "../metrics.ts";
import { frameOf } from "../privacy/filter.ts";
import { Sender } from "../test/sender.ts";
import { mostKnown, Receiver } from "./receive.ts";
import { Registry } from "./registry.ts";

it("takes nothing of whoever was erased while the request was looked at", async () => {
  const registry = await Registry.open(join(freshFolder(), "registry.jsonl"));
  const appended: string[] = [];
  const log = { append: (_key: string, text: string) => Promise.resolve(void appended.push(text)) };
  const sender = new Sender("");
  const now = Date.now();
  // Old batches are looked up, and that takes its time: here so long that the erasure comes between.
  const lookUp = async () => {
    await registry.beginErasure(sender.id);
    return undefined;
  };
  const receiver = new Receiver(log as unknown as EventLog, registry, new Watch(() => 0), lookUp, now - 1_000_000);
  const send = (generated_at: number) => {
    const body = sender.batch([sender.event()], { generated_at });
    const frame = frameOf(JSON.parse(body));
    if (typeof frame === "string") throw new Error(frame);
    return receiver.receive(frame, Buffer.from(body), now);
  };
  expect(await send(now + 3_000_000)).toMatchObject({ is: "accepted" });
  expect(appended).toHaveLength(1);
  expect(await send(now - 30 * 86_400_000)).toEqual({ is: "erased" });
  expect(appended).toHaveLength(1);
  await registry.close();
});

it("knows so many batches by heart, and looks others up", async () => {
  const registry = await Registry.open(join(freshFolder(), "registry.jsonl"));
  const sender = new Sender("");
  const now = Date.now();
  const hour = 3_600_000;
  const asked: string[] = [];
  const lookUp = (id: string) => Promise.resolve(void asked.push(id));
  const log = { append: () => Promise.resolve() } as unknown as EventLog;
  const fresh = () => new Receiver(log, registry, new Watch(() => 0), lookUp, now - 24 * hour);
  const send = async (receiver: Receiver, generated_at: number) => {
    const body = sender.batch([sender.event()], { generated_at });
    const frame = frameOf(JSON.parse(body));
    if (typeof frame === "string") throw new Error(frame);
    await receiver.receive(frame, Buffer.from(body), now);
    return asked.splice(0).length;
  };
  const few = fresh();
  expect([await send(few, now - 24 * hour), await send(few, now - 22 * hour)]).toEqual([1, 0]);
  const receiver = fresh();
  // One more than it keeps: of what came before the oldest that it has left it is not sure any more.
  for (let n = 0; n <= mostKnown; n += 1) {
    receiver.remember(`batch ${n}`, { sha256: "", answer: "", receivedMs: now - 4 * hour + n });
  }
  const lookedUp = [];
  for (const hours of [22, 3.5, 2]) lookedUp.push(await send(receiver, now - hours * hour));
  expect(lookedUp).toEqual([1, 1, 0]);
  await registry.close();
});
