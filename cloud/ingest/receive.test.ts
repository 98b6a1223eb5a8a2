import { join } from "node:path";
import { expect, it } from "vitest";
import { freshFolder } from "../../test/fixtures/folder.ts";
import type { EventLog } from "../log/event-log.ts";
import { Watch } from "../metrics.ts";
import { frameOf } from "../privacy/filter.ts";
import { Sender } from "../test/sender.ts";
import { Receiver } from "./receive.ts";
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
