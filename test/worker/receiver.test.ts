/** The receiver on loopback with real workers: one of them holds it, the next takes over, and what was acknowledged is there. */
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
import { endMs, otlpPayloads } from "../fixtures/otlp-payloads.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";
import { WorkerProcess } from "./worker-process.ts";

/** A home in which the receiver is open. */
async function opened() {
  const home = tempFolder();
  const file = new ReceiverConfig(pathsFrom({}, home).receiverFile);
  const receiver = file.enable(await file.planOpen());
  const exporter = new Exporter(receiver);
  onTestFinished(() => exporter.close());
  return { home, receiver, exporter };
}

/** Asks again until it is so; an exporter would try again. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await pause(20);
}

const listens = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = dial(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => socket.destroy());
  });

describe("the receiver of workers", () => {
  it("is held by one, taken over when it is killed, and what was acknowledged is stored once", async () => {
    const { home, exporter } = await opened();
    const first = await WorkerProcess.start({ home });
    await first.consent();
    const second = await WorkerProcess.start({ home });
    const report = async (n: number) => (await exporter.send(toolResult(n, canary, n % 5 === 0))) === 200;
    await until(() => report(0));
    let taken = 1;
    for (let n = 1; n < 100; n += 1) if (await report(n)) taken += 1;
    expect(taken).toBe(100);
    await first.kill();
    // A use that was reported before is reported again, and counts once.
    await until(() => report(1));
    for (let n = 100; n < 200; n += 1) if (await report(n)) taken += 1;
    expect(taken).toBe(200);
    const { tools, coverage } = await second.request(ToolCallsRequest, { period: "week" });
    expect(tools).toMatchObject([{ name: "run_terminal_cmd", calls: 200, failed: 40 }]);
    expect(coverage).toMatchObject([{ source: "otlp", ended: 200, withOutcome: 200, withDuration: 200 }]);
  });

  it("takes a burst of uses from many at once, and loses none", async () => {
    const { home, exporter } = await opened();
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

  it("invariant: off-means-nothing: is shut before a yes, and at once after a no", async () => {
    const { home, receiver, exporter } = await opened();
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

  it("says where another program has its port, and opens when it is gone", async () => {
    const { home, receiver, exporter } = await opened();
    const other = createServer((socket) => socket.destroy()).listen(receiver.port, "127.0.0.1");
    const worker = await WorkerProcess.start({ home });
    await worker.consent();
    const notes = async () => (await worker.request(StatusRequest, {})).notes.join(" ");
    await until(async () => (await notes()).includes("Another program uses the port"));
    other.close();
    await until(async () => (await exporter.send(toolResult(1))) === 200);
    expect(await notes()).not.toContain("Another program");
  });

  it("takes what agents export, in both spellings, once", async () => {
    const { home, exporter } = await opened();
    const worker = await WorkerProcess.start({ home });
    await worker.consent();
    await until(async () => (await exporter.send(toolResult(1))) === 200);
    // As of now: older ones lie before the consent.
    const now = String(BigInt(Date.now()) * 1_000_000n);
    const body = (request: object) => JSON.stringify(request).replaceAll(String(endMs * 1_000_000), now);
    for (const { signal, request } of [...otlpPayloads, ...otlpPayloads]) {
      expect(await exporter.send(body(request), signal)).toBe(200);
    }
    const { coverage } = await worker.request(ToolCallsRequest, { period: "week" });
    expect(coverage.find(({ source }) => source === "otlp")).toMatchObject({ ended: 6, failed: 2 });
    expect(await exporter.send("{")).toBe(400);
  });
});

/** Takes a port, with a certificate of its own, and writes every byte that it could read into a file. */
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

// Only root may start a process of another user.
describe.skipIf(process.getuid?.() !== 0)("another user who takes the port of the receiver", () => {
  it("receives no byte of what an agent exports, by the real exporter of OpenTelemetry", async () => {
    const { home, receiver } = await opened();
    const folder = tempFolder();
    const [key, cert, seen] = ["key.pem", "cert.pem", "seen"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    const named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
    spawnSync("openssl", [...made, ...named, "-keyout", key, "-out", cert]);
    spawnSync("chown", ["-R", "65534", folder]);
    const child = spawn(process.execPath, ["-e", squatter, String(receiver.port), key, cert, seen], {
      uid: 65534,
      gid: 65534,
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const certificate = new ReceiverConfig(pathsFrom({}, home).receiverFile).certificatePath;
    const address = `https://127.0.0.1:${receiver.port}/v1/logs`;
    // One that trusts the squatter proves that the test would see bytes.
    expect(exported(address, receiver.token, cert)).not.toContain("exported");
    expect(readFileSync(seen, "utf8")).toContain(receiver.token);
    writeFileSync(seen, "");
    expect(exported(address, receiver.token, certificate)).not.toContain("exported");
    expect(readFileSync(seen, "utf8")).toBe("");
  });

  it("is needed for the proof: the same exporter reaches our own receiver", async () => {
    const { home, receiver, exporter } = await opened();
    const worker = await WorkerProcess.start({ home });
    await worker.consent();
    await until(async () => (await exporter.send(toolResult(1))) === 200);
    const certificate = new ReceiverConfig(pathsFrom({}, home).receiverFile).certificatePath;
    expect(exported(`https://127.0.0.1:${receiver.port}/v1/logs`, receiver.token, certificate)).toContain("exported");
  });
});

/** Runs the exporter of OpenTelemetry's own SDK with the variables that an agent is given. Returns what it says. */
function exported(url: string, token: string, certificate: string): string {
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
