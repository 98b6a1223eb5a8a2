/**
 * The receiver in real workers: one runs it, another takes over, and every acknowledged event is
 * stored.
 */

import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, connect as dial } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { pathsFrom } from "../../server/config/paths.ts";
import { ReceiverConfig } from "../../server/ingest/receiver/receiver-config.ts";
import { ToolCallsRequest } from "../../shared/protocol/reports.ts";
import { StatusRequest } from "../../shared/protocol/worker.ts";
import { Exporter, toolResult } from "../fixtures/exporter.ts";
import { canary } from "../fixtures/hook-payloads.ts";
import { englishOf } from "../fixtures/message-text.ts";
import { endMs, otlpPayloads } from "../fixtures/otlp-payloads.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";
import { WorkerProcess } from "./worker-process.ts";

/** Creates a home folder with the receiver enabled. */
async function enabledReceiver() {
  const home = tempFolder();
  const file = new ReceiverConfig(pathsFrom({}, home).receiverFile);
  const receiver = file.enable(await file.planOpen());
  const exporter = new Exporter(receiver);
  onTestFinished(() => exporter.close());
  return { home, receiver, exporter };
}

/** Waits until a condition is true, as an exporter retries. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(20);
}

const listens = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = dial(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => socket.destroy());
  });

describe("receiver in workers", () => {
  it("moves to another worker after a kill, and stores each acknowledged event once", async () => {
    const { home, exporter } = await enabledReceiver();
    const first = await WorkerProcess.start({ home });
    await first.consent();
    const second = await WorkerProcess.start({ home });
    const report = async (n: number) => (await exporter.send(toolResult(n, canary, n % 5 === 0))) === 200;
    await until(() => report(0));
    let acknowledged = 1;
    for (let n = 1; n < 100; n += 1) if (await report(n)) acknowledged += 1;
    expect(acknowledged).toBe(100);
    await first.kill();
    // A repeated report counts once.
    await until(() => report(1));
    for (let n = 100; n < 200; n += 1) if (await report(n)) acknowledged += 1;
    expect(acknowledged).toBe(200);
    const { tools, coverage } = await second.request(ToolCallsRequest, { period: "week" });
    expect(tools).toMatchObject([{ name: "run_terminal_cmd", calls: 200, failed: 40 }]);
    expect(coverage).toMatchObject([{ source: "otlp", ended: 200, withOutcome: 200, withDuration: 200 }]);
  });

  it("stores all of 10,000 tool calls from 300 simultaneous senders", async () => {
    const { home, exporter } = await enabledReceiver();
    const worker = await WorkerProcess.start({ home });
    await worker.consent();
    await until(async () => (await exporter.send(toolResult(0))) === 200);
    let next = 0;
    const sender = async () => {
      while (next < 10_000) {
        next += 1;
        expect(await exporter.send(toolResult(next - 1))).toBe(200);
      }
    };
    await Promise.all(Array.from({ length: 300 }, sender));
    expect(await worker.request(ToolCallsRequest, { period: "week" })).toMatchObject({ tools: [{ calls: 10_000 }] });
  });

  it("invariant: off-means-nothing: is stopped before consent, and immediately after its withdrawal", async () => {
    const { home, receiver, exporter } = await enabledReceiver();
    const worker = await WorkerProcess.start({ home });
    await worker.request(StatusRequest, {});
    expect(await listens(receiver.port)).toBe(false);
    expect(existsSync(join(home, "nexus", "state", "telemetry.db"))).toBe(false);
    await worker.consent();
    await until(async () => (await exporter.send(toolResult(1))) === 200);
    const { permission } = await worker.consent({ mode: "off", collect: [] });
    expect(permission.mode).toBe("off");
    expect(await exporter.send(toolResult(2))).toBe(0);
    await until(async () => !(await listens(receiver.port)));
  });

  it("reports that its port is in use, and starts once it is free", async () => {
    const { home, receiver, exporter } = await enabledReceiver();
    const other = createServer((socket) => socket.destroy()).listen(receiver.port, "127.0.0.1");
    const worker = await WorkerProcess.start({ home });
    await worker.consent();
    const notes = async () => englishOf((await worker.request(StatusRequest, {})).notes);
    await until(async () => (await notes()).includes("Another program uses the receiver's port"));
    other.close();
    await until(async () => (await exporter.send(toolResult(1))) === 200);
    expect(await notes()).not.toContain("another program");
  });

  it("counts repeated exports of all agents once", async () => {
    const { home, exporter } = await enabledReceiver();
    const worker = await WorkerProcess.start({ home });
    await worker.consent();
    await until(async () => (await exporter.send(toolResult(1))) === 200);
    // Dated now: older events are before the consent.
    const now = String(BigInt(Date.now()) * 1_000_000n);
    const body = (request: object) => JSON.stringify(request).replaceAll(String(endMs * 1_000_000), now);
    for (const { signal, request } of [...otlpPayloads, ...otlpPayloads]) {
      expect(await exporter.send(body(request), signal)).toBe(200);
    }
    const { coverage } = await worker.request(ToolCallsRequest, { period: "week" });
    expect(coverage.find(({ source }) => source === "otlp")).toMatchObject({ ended: 7, failed: 3 });
    expect(await exporter.send("{")).toBe(400);
  });
});

/** Listens on a port with its own certificate, and writes every byte that it can read to a file. */
const squatter = `
const { createServer } = require("node:tls");
const { appendFileSync } = require("node:fs");
const [port, key, cert, file] = process.argv.slice(1);
const { readFileSync } = require("node:fs");
const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
  socket.on("data", (bytes) => appendFileSync(file, bytes));
  socket.on("error", () => undefined);
});
server.on("tlsClientError", () => undefined);
server.listen(Number(port), "127.0.0.1", () => process.stdout.write("listening"));
`;

// Only root can start a process of another user.
describe.skipIf(process.getuid?.() !== 0)("another user on the receiver's port", () => {
  it("receives no byte from OpenTelemetry's own exporter", async () => {
    const { home, receiver } = await enabledReceiver();
    const folder = tempFolder();
    const [key, cert, seen] = ["key.pem", "cert.pem", "seen"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const request = [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-days",
      "2",
    ];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
    spawnSync("openssl", [...request, ...subject, "-keyout", key, "-out", cert]);
    spawnSync("chown", ["-R", "65534", folder]);
    const child = spawn(process.execPath, ["-e", squatter, String(receiver.port), key, cert, seen], {
      uid: 65534,
      gid: 65534,
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const certificate = new ReceiverConfig(pathsFrom({}, home).receiverFile).certificatePath;
    const url = `https://127.0.0.1:${receiver.port}/v1/logs`;
    // An exporter that trusts the squatter proves that the test can detect sent bytes.
    expect(exportRecord(url, receiver.token, cert)).not.toContain("exported");
    expect(readFileSync(seen, "utf8")).toContain(receiver.token);
    writeFileSync(seen, "");
    expect(exportRecord(url, receiver.token, certificate)).not.toContain("exported");
    expect(readFileSync(seen, "utf8")).toBe("");
  });

  it("is the only obstacle: the same exporter reaches our own receiver", async () => {
    const { home, receiver, exporter } = await enabledReceiver();
    const worker = await WorkerProcess.start({ home });
    await worker.consent();
    await until(async () => (await exporter.send(toolResult(1))) === 200);
    const certificate = new ReceiverConfig(pathsFrom({}, home).receiverFile).certificatePath;
    const url = `https://127.0.0.1:${receiver.port}/v1/logs`;
    expect(exportRecord(url, receiver.token, certificate)).toContain("exported");
  });
});

/** Runs OpenTelemetry's own exporter with the variables of an agent. Returns its output. */
function exportRecord(url: string, token: string, certificate: string): string {
  const { stdout } = spawnSync(process.execPath, [join(import.meta.dirname, "otel-exporter.mjs"), url], {
    env: {
      PATH: process.env["PATH"],
      OTEL_EXPORTER_OTLP_HEADERS: `Authorization=Bearer%20${token}`,
      OTEL_EXPORTER_OTLP_CERTIFICATE: certificate,
      OTEL_EXPORTER_OTLP_TIMEOUT: "3000",
    },
    encoding: "utf8",
    timeout: 20_000,
  });
  return stdout;
}
