/** The door on loopback: who may come in, with what, and what is answered. A server of ours, and raw sockets against it. */

import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { request } from "node:https";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { markRaw, type Raw } from "../../../shared/schema/raw.ts";
import { tempFolder } from "../../../test/fixtures/temp-folder.ts";
import { MalformedError } from "../otlp/otlp-record.ts";
import { newCertificate } from "./certificate.ts";
import { type CommitOutcome, GroupCommit } from "./group-commit.ts";
import { HttpReceiver, maxBatchBytes } from "./http-receiver.ts";
import { ReceiverConfig, type ReceiverSettings } from "./receiver-config.ts";

const logs = "/v1/logs";

async function receiverOf({ committed = "stored" }: { readonly committed?: CommitOutcome } = {}) {
  const receiver = await new ReceiverConfig(`${tempFolder()}/doors.json`).planOpen();
  const writes: (readonly Raw[])[] = [];
  const bodies: string[] = [];
  const group = new GroupCommit((events) => {
    writes.push(events);
    return committed;
  });
  const taken = (body: Buffer): readonly Raw[] => {
    bodies.push(body.toString("utf8"));
    if (body.length === 0) throw new MalformedError("empty");
    return [markRaw({})];
  };
  const server = new HttpReceiver(receiver, {
    otlp: (_signal, body) => taken(body),
    commit: (e) => group.add(e),
  });
  await server.listen();
  onTestFinished(() => server.close());
  return { receiver, writes, bodies };
}

interface Sent {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

function send(receiver: ReceiverSettings, { path = logs, method = "POST", headers = {}, body = "{}" }: Sent = {}) {
  return new Promise<{ status: number; text: string; headers: IncomingHttpHeaders }>((resolve, reject) => {
    const all = { authorization: `Bearer ${receiver.token}`, ...headers };
    // A connection of its own: a port may be that of the test before, and a kept connection that of its server.
    // Whatever name the sender claims to have asked for.
    const trusted = { ca: receiver.certificate, servername: "localhost", agent: false } as const;
    const to = { ...trusted, host: "127.0.0.1", port: receiver.port, path, method, headers: all } as const;
    const sent = request(to, (answer) => {
      let text = "";
      answer.on("data", (chunk) => {
        text += chunk;
      });
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text, headers: answer.headers }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** A sender that is no client: it says what it is given, and then what it likes; on a connection that is encrypted, or plain. */
async function dial(receiver: ReceiverSettings, text = "", encrypted = true): Promise<Socket> {
  const socket = encrypted
    ? connectTls({ host: "127.0.0.1", port: receiver.port, ca: receiver.certificate })
    : connect(receiver.port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  await once(socket, encrypted ? "secureConnect" : "connect");
  socket.write(text);
  return socket;
}

describe("the door on loopback", () => {
  it("answers 200 without a word once it is written", async () => {
    const { receiver, writes } = await receiverOf();
    expect(await send(receiver)).toMatchObject({ status: 200, text: "" });
    expect(writes).toHaveLength(1);
  });

  it.each([
    ["without the secret", { headers: { authorization: "" } }, 401],
    ["with another secret", { headers: { authorization: `Bearer ${"0".repeat(64)}` } }, 401],
    ["under another name (DNS rebinding)", { headers: { host: "evil.example" } }, 403],
    ["under its own name with another port", { headers: { host: "127.0.0.1:1" } }, 403],
    ["from a page in a browser", { headers: { origin: "http://127.0.0.1" } }, 403],
    ["elsewhere", { path: "/" }, 404],
    ["to look", { method: "GET", body: "" }, 405],
    ["packed in what it does not know", { headers: { "content-encoding": "br" } }, 415],
    ["with too much", { body: "x".repeat(maxBatchBytes + 1) }, 413],
    [
      "with too much, unannounced",
      { body: "x".repeat(maxBatchBytes + 1), headers: { "transfer-encoding": "chunked" } },
      413,
    ],
    ["with a bomb", { body: gzipSync("x".repeat(20_000_000)), headers: { "content-encoding": "gzip" } }, 413],
    ["with what is none of it", { body: "" }, 400],
  ] as const)("turns away who comes %s", async (_who, sent, status) => {
    const { receiver, writes } = await receiverOf();
    const answered = await send(receiver, sent);
    expect(answered).toMatchObject({ status, text: "" });
    expect(writes).toHaveLength(0);
    expect(await send(receiver)).toMatchObject({ status: 200 });
  });

  it("takes the secret in the address from exporters that know no header, and answers them in their form", async () => {
    const { receiver } = await receiverOf();
    const headers = { authorization: "", "content-type": "application/json" };
    const sent = { path: `/${receiver.token}/v1/traces`, headers };
    expect(await send(receiver, sent)).toMatchObject({
      status: 200,
      text: "{}",
      headers: { "content-type": "application/json" },
    });
    const packed = { path: "/v1/logs", body: gzipSync("{}"), headers: { "content-encoding": "gzip" } };
    expect(await send(receiver, packed)).toMatchObject({ status: 200, text: "" });
  });

  it.each([
    ["failed", 503],
    ["not_permitted", 403],
  ] as const)("says so without a word where nothing could be written: %s", async (committed, status) => {
    const { receiver } = await receiverOf({ committed });
    expect(await send(receiver)).toMatchObject({ status, text: "" });
  });

  it("ends those that are slow, cut off or no HTTP at all, and serves the others meanwhile", async () => {
    const { receiver, writes } = await receiverOf();
    const head = `POST ${logs} HTTP/1.1\r\nHost: 127.0.0.1:${receiver.port}\r\nAuthorization: Bearer ${receiver.token}\r\n`;
    const [slow, drip, noise, cut, plain] = await Promise.all([
      dial(receiver, "POST "),
      dial(receiver, `${head}Content-Length: 10\r\n\r\n{`),
      dial(receiver, "\u0000\u0001 nonsense\r\n\r\n"),
      dial(receiver, `${head}Content-Length: 10\r\n\r\n{`),
      dial(receiver, `${head}Content-Length: 2\r\n\r\n{}`, false),
    ]);
    cut.destroy();
    const ended = [slow, drip, noise, plain].map((socket) => once(socket.resume(), "close"));
    expect(await send(receiver)).toMatchObject({ status: 200 });
    await Promise.all(ended);
    expect(writes).toHaveLength(1);
  });

  it("serves on among a thousand connections that say nothing", async () => {
    const { receiver } = await receiverOf();
    await Promise.all(Array.from({ length: 1_000 }, () => dial(receiver, "", false)));
    expect(await send(receiver)).toMatchObject({ status: 200 });
  });

  it("loses none of what comes at once", async () => {
    const { receiver, writes } = await receiverOf();
    const bodies = Array.from({ length: 500 }, (_, n) => `{"n":${n}}`);
    const answers = await Promise.all(bodies.map((body) => send(receiver, { body })));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(writes.flat()).toHaveLength(500);
  });

  it("writes together what came while it wrote, and tells each what became of its own", async () => {
    const writes: number[] = [];
    const group = new GroupCommit((events) => {
      writes.push(events.length);
      return writes.length === 1 ? "stored" : "failed";
    });
    const many = (count: number) => Array.from({ length: count }, () => markRaw({}));
    const outcomes = await Promise.all([
      group.add(many(1_200)),
      group.add(many(700)),
      group.add(many(200)),
      group.add([]),
    ]);
    expect(writes).toEqual([1_900, 200]);
    expect(outcomes).toEqual(["stored", "stored", "failed", "stored"]);
  });
});

it("tells those who wait where writing itself fails", async () => {
  const group = new GroupCommit(() => {
    throw new Error("no access");
  });
  expect(await group.add([markRaw({})])).toBe("failed");
});

describe("the file of the receiver", () => {
  it("keeps port, secret and certificate until it is closed, for the user only", async () => {
    const folder = tempFolder();
    const file = new ReceiverConfig(`${folder}/doors.json`);
    const opened = file.enable(await file.planOpen());
    expect(await file.planOpen()).toEqual(opened);
    expect(new ReceiverConfig(`${folder}/doors.json`).read()).toEqual(opened);
    expect(readFileSync(file.certificatePath, "utf8")).toBe(opened.certificate);
    for (const name of readdirSync(folder)) expect(statSync(`${folder}/${name}`).mode & 0o777).toBe(0o600);
    file.disable();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("keeps what was opened between a plan and its yes", async () => {
    const file = new ReceiverConfig(`${tempFolder()}/doors.json`);
    const planned = await file.planOpen();
    const first = file.enable(await file.planOpen());
    expect(file.enable(planned)).toEqual(first);
  });

  it("opens nothing where it is damaged, or of a version without a certificate", () => {
    const path = `${tempFolder()}/doors.json`;
    const token = "0".repeat(64);
    for (const text of ["{", "[]", JSON.stringify({ port: 21_234, token, open: ["hooks", "otlp"] })]) {
      writeFileSync(path, text);
      const file = new ReceiverConfig(path);
      expect([file.read(), file.isOutdated]).toEqual([undefined, true]);
    }
  });

  it("has a certificate for this machine that can sign no other", async () => {
    const { certificate } = await newCertificate();
    const parsed = new X509Certificate(certificate);
    expect([parsed.ca, parsed.checkIP("127.0.0.1"), parsed.checkHost("localhost")]).toEqual([
      false,
      "127.0.0.1",
      "localhost",
    ]);
    expect(parsed.checkHost("example.com")).toBeUndefined();
  });
});
