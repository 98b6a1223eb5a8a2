/**
 * Backfill: import of a large event log; baseline: `JSON.parse` of its lines. Sending: upload of a
 * backlog to a local server that only counts; baseline: posting the same bytes without storing
 * them.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, mkdtempSync, openSync, readSync, rmSync, statSync, writeSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { v4 } from "uuid";
import { scaled } from "./load.ts";
import { figure, type Measurement } from "./measurement.ts";
import { typicalEvent } from "./sample.ts";

const runner = fileURLToPath(new URL("sharing-runner.ts", import.meta.url));

export interface Ran {
  readonly ms: number;
  readonly count: number;
  /** Peak resident memory in bytes. */
  readonly maxBytes: number;
}

/** Runs an action in a child process, so that its memory can be measured. */
async function run(...args: readonly string[]): Promise<Ran> {
  const child = fork(runner, args, { execArgv: ["--max-semi-space-size=1", "--optimize-for-size"] });
  const [message] = await once(child, "message");
  await once(child, "exit");
  return message;
}

/** Writes a log of typical events with at least `bytes`. Returns the number of lines. */
function writeLog(file: string, bytes: number): number {
  const handle = openSync(file, "w");
  const session = v4();
  let lines = 0;
  for (let written = 0; written < bytes; ) {
    let text = "";
    for (let n = 0; n < 1_000; n += 1, lines += 1) text += `${JSON.stringify(typicalEvent(session, lines))}\n`;
    written += writeSync(handle, text);
  }
  closeSync(handle);
  return lines;
}

function parseRate(file: string): number {
  const handle = openSync(file, "r");
  const block = Buffer.alloc(1_048_576);
  const length = readSync(handle, block, 0, block.length, 0);
  closeSync(handle);
  const lines = block.toString("utf8", 0, length).split("\n").slice(0, -1);
  const start = performance.now();
  let rounds = 0;
  for (; performance.now() - start < 1_000; rounds += 1) for (const line of lines) JSON.parse(line);
  return (rounds * lines.length) / ((performance.now() - start) / 1_000);
}

const giga = 1_000_000_000;

export async function backfill(): Promise<readonly Measurement[]> {
  const home = mkdtempSync(join(tmpdir(), "nexus-bench-"));
  try {
    await run("consent", home);
    const folder = join(home, "nexus", "state", "events");
    mkdirSync(folder, { recursive: true });
    const file = join(folder, "large.jsonl");
    const lines = writeLog(file, scaled(giga, 200_000));
    // Before the import removes the log.
    const { size } = statSync(file);
    const parsed = parseRate(file);
    const { ms, count, maxBytes } = await run("import", home);
    if (count !== lines) throw new Error(`${count} of ${lines} lines were stored`);
    return [
      figure({
        name: "backfill-rate",
        unit: "events/s",
        value: lines / (ms / 1_000),
        against: "JSON.parse of the lines",
        baseline: parsed,
        limit: 150_000,
        atLeast: true,
      }),
      figure({
        name: "backfill-memory",
        unit: "bytes",
        value: maxBytes,
        against: "size of the log",
        baseline: size,
        limit: 150 * 1024 * 1024,
      }),
    ];
  } finally {
    rmSync(home, { recursive: true });
  }
}

export async function sending(): Promise<readonly Measurement[]> {
  const home = mkdtempSync(join(tmpdir(), "nexus-bench-"));
  const backlog = scaled(1_000_000, 2_000);
  let bytes = 0;
  const server = createServer((request, response) => {
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on("end", () => response.end("{}"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/telemetry/events`;
  try {
    await run("consent", home, url);
    await run("fill", home, url, String(backlog));
    bytes = 0;
    const { ms, count } = await run("sync", home, url);
    if (count !== backlog) throw new Error(`${count} of ${backlog} events were sent`);
    const posted = await run("post", home, url, String(Math.round(bytes / 1_000)));
    return [
      figure({
        name: "send-rate",
        unit: "events/s",
        value: count / (ms / 1_000),
        against: "posting the same bytes without storing them",
        baseline: backlog / (posted.ms / 1_000),
        limit: 50_000,
        atLeast: true,
      }),
    ];
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(home, { recursive: true });
  }
}
