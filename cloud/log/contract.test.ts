/**
 * The contract of `durable-log.ts`, tested with both implementations: files, and a real Kafka
 * broker.
 */
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

interface Implementation {
  readonly name: string;
  readonly runs: number;
  /** Creates a new log and returns a function that opens it, any number of times. */
  readonly create: () => () => Promise<DurableLog>;
}

let broker: KafkaBroker | undefined;
beforeAll(async () => {
  if (hasKafka()) broker = await KafkaBroker.start();
}, 60_000);
afterAll(() => broker?.stop());

const implementations: readonly Implementation[] = [
  {
    name: "files",
    runs: 30,
    create: () => {
      const folder = tempFolder();
      return () => SegmentLog.open(folder, 500);
    },
  },
  {
    name: "Kafka",
    runs: 6,
    create: () => {
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

describe.each(implementations)("durable log: $name", ({ name, runs, create }) => {
  const test = it.skipIf(name === "Kafka" && !hasKafka());

  test("returns each record once, in order per key, also after a restart", async () => {
    const key = fc.constantFrom("a", "b", "c", "d");
    const record = fc.tuple(key, fc.string({ maxLength: 400 }));
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 40 }), async (records) => {
        const open = create();
        const log = await open();
        await Promise.all(records.map(([key, text]) => log.append(key, `${key} ${text}`)));
        const expected = byKey(records.map(([key, text]) => Buffer.from(`${key} ${text}`).toString("utf8")));
        expect(byKey(await readAll(log))).toEqual(expected);
        await log.close();
        const reopened = await open();
        await reopened.append("last", "last record");
        expect(byKey(await readAll(reopened))).toEqual(new Map([...expected, ["last", ["last record"]]]));
        await reopened.close();
      }),
      { numRuns: runs },
    );
  }, 60_000);

  test("reads the same range again after further appends", async () => {
    const log = await create()();
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

  test("reports the remaining bytes, wakes waiting readers, and drops processed records", async () => {
    const open = create();
    const log = await open();
    expect(log.bytesAfter(log.beginning())).toBe(0);
    const abort = new AbortController();
    const woken = log.waitAfter(log.beginning(), abort.signal);
    await log.append("key", "first");
    await woken;
    expect(log.bytesAfter(log.beginning())).toBeGreaterThan(0);
    const position = await log.rotate();
    await log.append("key", "second");
    expect(await readAll(log, log.beginning(), position)).toEqual(["first"]);
    await log.dropBefore(position);
    expect(await readAll(log)).toEqual(["second"]);
    expect(log.bytesAfter(log.end())).toBe(0);
    const aborted = log.waitAfter(log.end(), abort.signal);
    abort.abort();
    await aborted;
    await log.close();
    const reopened = await open();
    expect(await readAll(reopened)).toEqual(["second"]);
    await reopened.close();
  });

  test("returns from rotate a position after all acknowledged records, under load, without loss", async () => {
    const log = await create()();
    const acknowledged: string[] = [];
    let running = true;
    const load = Array.from({ length: 6 }, async (_, key) => {
      for (let n = 0; running; n += 1) {
        await log.append(`key ${key}`, `${key} ${n}`);
        acknowledged.push(`${key} ${n}`);
      }
    });
    const received: string[] = [];
    for (let rotation = 0; rotation < 5; rotation += 1) {
      const before = [...acknowledged];
      const position = await log.rotate();
      const texts = await readAll(log, log.beginning(), position);
      received.push(...texts);
      expect(before.filter((text) => !received.includes(text))).toEqual([]);
      await log.dropBefore(position);
    }
    running = false;
    await Promise.all(load);
    received.push(...(await readAll(log)));
    expect(received.length).toBe(acknowledged.length);
    expect(new Set(received)).toEqual(new Set(acknowledged));
    await log.close();
  });

  test("refuses to read from a position after its end", async () => {
    const open = create();
    const log = await open();
    await log.append("key", "record");
    const position = { segment: 7, offset: 3, 0: 9, 1: 9, 2: 9 };
    await expect(log.read(position, 1_000)).rejects.toThrow(CorruptLogError);
    await log.close();
  });
});

it.skipIf(!hasKafka())("destroys the key of records that it drops from Kafka", async () => {
  const address = kafkaAddress(broker?.address("encrypted") ?? "");
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
  // A second server on the topic stops at records that it cannot decrypt.
  const other = await KafkaLog.open(address, 3, join(tempFolder(), "keys.json"));
  await expect(readAll(other)).rejects.toThrow(/another server writes to this topic/);
  await other.close();
});

// Must be the last test: it kills the broker.
it.skipIf(!hasKafka())("rejects records that the brokers do not accept, at once if too many wait", async () => {
  const address = kafkaAddress(broker?.address("unavailable") ?? "");
  if (address === undefined || broker === undefined) throw new Error("no broker");
  const log = await KafkaLog.open(address, 3, join(tempFolder(), "keys.json"));
  await log.append("key", "first");
  await broker.kill();
  const text = "x".repeat(2 * 1_048_576);
  const results = await Promise.allSettled(Array.from({ length: 24 }, (_, n) => log.append(`key ${n}`, text)));
  const reasons = results.map((result) => (result.status === "rejected" ? String(result.reason) : "accepted"));
  expect(reasons).not.toContain("accepted");
  expect(reasons.filter((reason) => reason.includes("the brokers are behind")).length).toBeGreaterThan(0);
  await broker.startAgain();
  await log.append("key", "second");
  expect(await readAll(log)).toEqual(["first", "second"]);
  await log.close();
});
