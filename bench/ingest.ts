/**
 * nexus-cloud in a process of its own: batches sent until all of their events are in the warehouse, against inserting the same rows into the same
 * engine with nothing before it; and how long a batch waits for its receipt.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Sender } from "../cloud/test/sender.ts";
import { type Figure, figure, quantile } from "./figure.ts";

const main = fileURLToPath(new URL("../cloud/main.ts", import.meta.url));
const runner = fileURLToPath(new URL("ingest-runner.ts", import.meta.url));
const [batches, perBatch, inFlight] = [150, 1_000, 6];
const rowsTogether = 20_000;

export async function ingest(): Promise<readonly Figure[]> {
  const events = batches * perBatch;
  const rawMs = Number(
    execFileSync(process.execPath, [runner, String(events), String(rowsTogether)], { encoding: "utf8" }),
  );
  const data = mkdtempSync(join(tmpdir(), "nexus-bench-"));
  const env = {
    ...process.env,
    NEXUS_CLOUD_DATA: data,
    NEXUS_CLOUD_PORT: "0",
    NEXUS_CLOUD_REQUESTS_PER_MINUTE: "1000000",
  };
  const child = spawn(process.execPath, [main, "serve"], { env, stdio: ["ignore", "pipe", "inherit"] });
  try {
    let said = "";
    while (!said.includes("Ctrl-C")) said += (await once(child.stdout, "data"))[0];
    const sender = new Sender(/http:\/\/[\d.]+:\d+/.exec(said)?.[0] ?? "");
    await sender.enroll();
    const made = (count: number) =>
      Array.from({ length: count }, () => sender.batch(Array.from({ length: perBatch }, () => sender.event())));
    const waiting = async () => {
      const text = await (await fetch(`${sender.url}/metrics`)).text();
      return Number(/^nexus_waiting_bytes (\S+)$/m.exec(text)?.[1]);
    };
    const send = async (body: string) => {
      const startedMs = performance.now();
      const { status } = await sender.send(body);
      if (status !== 200) throw new Error(`a batch was answered ${status}`);
      return performance.now() - startedMs;
    };
    const bodies = made(batches);
    const startedMs = performance.now();
    let next = 0;
    await Promise.all(
      Array.from({ length: inFlight }, async () => {
        while (next < bodies.length) {
          next += 1;
          await send(bodies[next - 1] ?? "");
        }
      }),
    );
    while ((await waiting()) > 0);
    const ms = performance.now() - startedMs;
    const alone: number[] = [];
    for (const body of made(60)) alone.push(await send(body));
    const rate = (tookMs: number) => (events * 1_000) / tookMs;
    return [
      figure({
        ...{ name: "ingest-rate", unit: "events/s", value: rate(ms), limit: 60_000, atLeast: true },
        ...{ against: "raw inserts into the same engine", baseline: rate(rawMs) },
      }),
      figure({
        ...{ name: "ingest-answer-p50", unit: "ms", value: quantile(alone, 0.5), limit: 50 },
        ...{ against: "its p99", baseline: quantile(alone, 0.99) },
      }),
    ];
  } finally {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
    rmSync(data, { recursive: true, force: true });
  }
}
