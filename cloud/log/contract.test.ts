/** The contract of the event log (`event-log.ts`), held to by both of its forms: files of this machine, and a real Kafka broker. */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { kafkaAddress } from "../kafka-address.ts";
import { hasKafka, KafkaBroker } from "../test/kafka-broker.ts";
import { readAll } from "../test/read-all.ts";
import { CorruptLogError, type DurableLog } from "./durable-log.ts";
import { KafkaLog } from "./kafka.ts";
import { SegmentLog } from "./segments.ts";

interface Form {
  readonly name: string;
  readonly runs: number;
  /** A new log, as often as it is opened. */
  readonly make: () => () => Promise<DurableLog>;
}

let broker: KafkaBroker | undefined;
beforeAll(async () => {
  if (hasKafka()) broker = await KafkaBroker.start();
}, 60_000);
afterAll(() => broker?.stop());

const forms: readonly Form[] = [
  {
    name: "files",
    runs: 30,
    make: () => {
      const folder = tempFolder();
      return () => SegmentLog.open(folder, 500);
    },
  },
  {
    name: "Kafka",
    runs: 6,
    make: () => {
      const address = kafkaAddress(broker?.address(`t-${randomUUID()}`) ?? "");
      const keys = join(tempFolder(), "keys.json");
      if (address === undefined) throw new Error("no broker");
      return () => KafkaLog.open(address, 3, keys);
    },
  },
];

/** Key → its records, in order. */
function byKey(texts: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const text of texts) {
    const key = text.slice(0, text.indexOf(" "));
    found.set(key, [...(found.get(key) ?? []), text]);
  }
  return found;
}

describe.each(forms)("the log on $name", ({ name, runs, make }) => {
  const test = it.skipIf(name === "Kafka" && !hasKafka());

  test("gives back what was appended, once, in order by key, over closings", async () => {
    const key = fc.constantFrom("a", "b", "c", "d");
    const record = fc.tuple(key, fc.string({ maxLength: 400 }));
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 40 }), async (records) => {
        const open = make();
        const log = await open();
        await Promise.all(records.map(([key, text]) => log.append(key, `${key} ${text}`)));
        const well = byKey(records.map(([key, text]) => Buffer.from(`${key} ${text}`).toString("utf8")));
        expect(byKey(await readAll(log))).toEqual(well);
        await log.close();
        const again = await open();
        await again.append("last", "last record");
        expect(byKey(await readAll(again))).toEqual(new Map([...well, ["last", ["last record"]]]));
        await again.close();
      }),
      { numRuns: runs },
    );
  }, 60_000);

  test("reads the same range again, however much came in after it", async () => {
    const log = await make()();
    for (let n = 0; n < 12; n += 1) await log.append(`key ${n % 5}`, `record ${n} ${"x".repeat(100)}`);
    const position = log.beginning();
    const some = await log.read(position, 700);
    expect(some.length).toBeGreaterThan(2);
    expect(some.length).toBeLessThan(12);
    const planned = some.at(-1)?.next ?? position;
    for (let n = 12; n < 30; n += 1) await log.append(`key ${n % 5}`, `record ${n}`);
    const texts = some.map(({ text }) => text).sort();
    expect([...(await readAll(log, position, planned))].sort()).toEqual(texts);
    expect((await log.read(position, Number.POSITIVE_INFINITY, planned)).map(({ text }) => text).sort()).toEqual(texts);
    const rest = await readAll(log, planned);
    expect(new Set([...texts, ...rest]).size).toBe(30);
    expect(rest.length + texts.length).toBe(30);
    await log.close();
  });

  test("says how much is left, wakes who waits, and drops what was put away", async () => {
    const open = make();
    const log = await open();
    expect(log.bytesAfter(log.beginning())).toBe(0);
    const never = new AbortController();
    const woken = log.waitAfter(log.beginning(), never.signal);
    await log.append("key", "first");
    await woken;
    expect(log.bytesAfter(log.beginning())).toBeGreaterThan(0);
    const position = await log.rotate();
    await log.append("key", "second");
    expect(await readAll(log, log.beginning(), position)).toEqual(["first"]);
    await log.dropBefore(position);
    expect(await readAll(log)).toEqual(["second"]);
    expect(log.bytesAfter(log.end())).toBe(0);
    const ended = log.waitAfter(log.end(), never.signal);
    never.abort();
    await ended;
    await log.close();
    const again = await open();
    expect(await readAll(again)).toEqual(["second"]);
    await again.close();
  });

  test("has before a turn what was appended before it, under load, and loses nothing", async () => {
    const log = await make()();
    const notified: string[] = [];
    let going = true;
    const load = Array.from({ length: 6 }, async (_, key) => {
      for (let n = 0; going; n += 1) {
        await log.append(`key ${key}`, `${key} ${n}`);
        notified.push(`${key} ${n}`);
      }
    });
    const got: string[] = [];
    for (let turn = 0; turn < 5; turn += 1) {
      const before = [...notified];
      const position = await log.rotate();
      const texts = await readAll(log, log.beginning(), position);
      got.push(...texts);
      expect(before.filter((text) => !got.includes(text))).toEqual([]);
      await log.dropBefore(position);
    }
    going = false;
    await Promise.all(load);
    got.push(...(await readAll(log)));
    expect(got.length).toBe(notified.length);
    expect(new Set(got)).toEqual(new Set(notified));
    await log.close();
  });

  test("does not read on from a place that it never had", async () => {
    const open = make();
    const log = await open();
    await log.append("key", "record");
    const position = { segment: 7, offset: 3, 0: 9, 1: 9, 2: 9 };
    await expect(log.read(position, 1_000)).rejects.toThrow(CorruptLogError);
    await log.close();
  });
});

it.skipIf(!hasKafka())("forgets with what it drops from Kafka the key that had sealed it", async () => {
  const address = kafkaAddress(broker?.address("sealed") ?? "");
  if (address === undefined) throw new Error("no broker");
  const path = join(tempFolder(), "keys.json");
  const keys = (): readonly { readonly id: string; readonly key?: string }[] =>
    JSON.parse(readFileSync(path, "utf8")).filter(({ key }: { key?: string }) => key !== undefined);
  const log = await KafkaLog.open(address, 3, path);
  await log.append("key", "first");
  const [before] = keys();
  const position = await log.rotate();
  expect(keys()).toHaveLength(2);
  await log.append("key", "second");
  await log.dropBefore(position);
  expect(keys()).toHaveLength(1);
  expect(keys()[0]?.id).not.toBe(before?.id);
  expect(await readAll(log)).toEqual(["second"]);
  await log.close();
  // Of another server's records it says so, and goes no further.
  const other = await KafkaLog.open(address, 3, join(tempFolder(), "keys.json"));
  await expect(readAll(other)).rejects.toThrow(/another server writes to this topic/);
  await other.close();
});

// The last one: it ends the broker.
it.skipIf(!hasKafka())("turns away what the brokers do not take, at once where too much waits already", async () => {
  const address = kafkaAddress(broker?.address("away") ?? "");
  if (address === undefined || broker === undefined) throw new Error("no broker");
  const log = await KafkaLog.open(address, 3, join(tempFolder(), "keys.json"));
  await log.append("key", "first");
  await broker.kill();
  const text = "x".repeat(2 * 1_048_576);
  const answers = await Promise.allSettled(Array.from({ length: 24 }, (_, n) => log.append(`key ${n}`, text)));
  const reasons = answers.map((one) => (one.status === "rejected" ? String(one.reason) : "taken"));
  expect(reasons).not.toContain("taken");
  expect(reasons.filter((reason) => reason.includes("the brokers are behind")).length).toBeGreaterThan(0);
  await broker.startAgain();
  await log.append("key", "second");
  expect(await readAll(log)).toEqual(["first", "second"]);
  await log.close();
});
