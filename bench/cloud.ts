/**
 * nexus-cloud under unusual load: many erasures, many enrolments, old events, a million
 * installations; and its memory when idle. Baseline: the same server or engine without that load.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Sender } from "../cloud/test/sender.ts";
import { IngestServer } from "./ingest-server.ts";
import { scaled } from "./load.ts";
import { figure, type Measurement } from "./measurement.ts";

const inFlight = 6;

/** Runs `work` for each item, up to `atOnce` at a time. */
async function each<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<unknown>): Promise<void> {
  const remaining = items.values();
  const runNext = async () => {
    for (const item of remaining) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, runNext));
}

/** Returns the milliseconds until batches of 1,000 events are acknowledged and in the warehouse. */
async function sentMs(server: IngestServer, batches: readonly string[]): Promise<number> {
  const startedMs = performance.now();
  await server.sender.sendAll(batches, inFlight);
  await server.emptied();
  return performance.now() - startedMs;
}

async function expectStatus(
  response: Promise<{ readonly status: number }>,
  ...allowed: readonly number[]
): Promise<void> {
  const { status } = await response;
  if (!allowed.includes(status)) throw new Error(`unexpected status ${status}`);
}

export async function erasureStorm(): Promise<readonly Measurement[]> {
  const [erasures, batches] = [scaled(1_000, 10), scaled(200, 10)];
  const server = await IngestServer.start();
  try {
    const erased = Array.from({ length: erasures }, () => new Sender(server.sender.url));
    await each(erased, 32, async (sender) => {
      await expectStatus(sender.enroll(), 200);
      await expectStatus(sender.send(sender.batch([sender.event()])), 200);
    });
    await sentMs(server, server.batches(20));
    const before = await sentMs(server, server.batches(batches));
    const storm = each(erased, 32, (sender) => expectStatus(sender.requestErasure(), 202, 200));
    const during = await sentMs(server, server.batches(batches));
    await storm;
    await each(erased, 32, (sender) => expectStatus(sender.erase(), 200));
    const rate = (ms: number) => (batches * 1_000_000) / ms;
    return [
      figure({
        name: "erasure-storm",
        unit: "×",
        value: before / during,
        limit: 0.7,
        atLeast: true,
        against: "events/s without erasures, in thousands",
        baseline: rate(before) / 1_000,
      }),
    ];
  } finally {
    await server.stop();
  }
}

export async function enrolling(): Promise<readonly Measurement[]> {
  const server = await IngestServer.start({ NEXUS_CLOUD_ENROLMENT_PROOF_BITS: "0" });
  try {
    const newcomers = (count: number) => Array.from({ length: count }, () => new Sender(server.sender.url));
    const rateOf = async (count: number, atOnce: number) => {
      const startedMs = performance.now();
      await each(newcomers(count), atOnce, (sender) => expectStatus(sender.enroll(), 200));
      return (count * 1_000) / (performance.now() - startedMs);
    };
    await rateOf(scaled(200, 10), 8);
    const sequential = await rateOf(scaled(300, 10), 1);
    return [
      figure({
        name: "enrol-rate",
        unit: "calls/s",
        value: await rateOf(scaled(6_000, 50), 64),
        limit: 500,
        atLeast: true,
        against: "sequential enrolments, one fsync each",
        baseline: sequential,
      }),
    ];
  } finally {
    await server.stop();
  }
}

export async function oldHours(): Promise<readonly Measurement[]> {
  const hourMs = 3_600_000;
  const server = await IngestServer.start();
  try {
    await sentMs(server, server.batches(scaled(100, 10)));
    const timed = async (spread: number) => {
      const sender = new Sender(server.sender.url);
      await expectStatus(sender.enroll(), 200);
      const nowMs = Date.now() - 3 * 24 * hourMs;
      const events = Array.from({ length: 1_000 }, (_, n) => sender.event({}, nowMs - (n % spread) * hourMs));
      await expectStatus(sender.send(sender.batch(events)), 200);
      return sentMs(server, server.batches(scaled(60, 6)));
    };
    const oneHourMs = await timed(1);
    return [
      figure({
        name: "old-hours",
        unit: "×",
        value: (await timed(1_000)) / oneHourMs,
        limit: 3,
        against: "60,000 events after a batch of one hour, in seconds",
        baseline: oneHourMs / 1_000,
      }),
    ];
  } finally {
    await server.stop();
  }
}

const runner = fileURLToPath(new URL("registry-runner.ts", import.meta.url));

export function registryStart(): Promise<readonly Measurement[]> {
  const [emptyMs = 0, fullMs = 0] = execFileSync(process.execPath, [runner, String(scaled(1_000_000, 1_000))], {
    encoding: "utf8",
  })
    .trim()
    .split(" ")
    .map(Number);
  return Promise.resolve([
    figure({
      name: "registry-start-million",
      unit: "ms",
      value: fullMs - emptyMs,
      limit: 300,
      against: "start with an empty registry",
      baseline: emptyMs,
    }),
  ]);
}

const engines = fileURLToPath(new URL("engines-runner.ts", import.meta.url));

export async function idleCloud(): Promise<readonly Measurement[]> {
  const bare = Number(execFileSync(process.execPath, [engines], { encoding: "utf8" }));
  const server = await IngestServer.start();
  try {
    // Memory used at start is released within seconds.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const resident = await server.metric("process_resident_memory_bytes");
    return [
      figure({
        name: "cloud-idle-memory",
        unit: "×",
        value: resident / bare,
        limit: 1.1,
        against: "process with only chDB and PGlite, in MB",
        baseline: bare / 1_048_576,
      }),
    ];
  } finally {
    await server.stop();
  }
}
