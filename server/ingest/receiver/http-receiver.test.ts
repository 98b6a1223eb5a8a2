/**
 * The HTTP receiver: accepted and rejected requests and their responses, with HTTP clients and raw
 * sockets.
 */

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

async function receiverOf({ outcome = "stored" }: { readonly outcome?: CommitOutcome } = {}) {
  const receiver = await new ReceiverConfig(`${tempFolder()}/doors.json`).planOpen();
  const writes: (readonly Raw[])[] = [];
  const bodies: string[] = [];
  const group = new GroupCommit((events) => {
    writes.push(events);
    return outcome;
  });
  const decode = (body: Buffer): readonly Raw[] => {
    bodies.push(body.toString("utf8"));
    if (body.length === 0) throw new MalformedError("empty");
    return [markRaw({})];
  };
  const server = new HttpReceiver(receiver, {
    otlp: (_signal, body) => decode(body),
    commit: (events) => group.add(events),
  });
  await server.listen();
  onTestFinished(() => server.close());
  return { receiver, writes, bodies };
}

interface TestRequest {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

function send(
  receiver: ReceiverSettings,
  { path = logs, method = "POST", headers = {}, body = "{}" }: TestRequest = {},
) {
  return new Promise<{ status: number; text: string; headers: IncomingHttpHeaders }>((resolve, reject) => {
    const all = { authorization: `Bearer ${receiver.token}`, ...headers };
    // No connection reuse: a kept connection may belong to the server of an earlier test.
    const trusted = { ca: receiver.certificate, servername: "localhost", agent: false } as const;
    const to = { ...trusted, host: "127.0.0.1", port: receiver.port, path, method, headers: all } as const;
    const outgoing = request(to, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** Another spelling of a valid request. */
interface Spelling {
  readonly authorization?: (token: string) => string;
  readonly encoding?: string;
  readonly path?: string;
}

/** Opens a raw socket, with or without TLS, and sends a text. */
async function dial(receiver: ReceiverSettings, text = "", encrypted = true): Promise<Socket> {
  const socket = encrypted
    ? connectTls({ host: "127.0.0.1", port: receiver.port, ca: receiver.certificate })
    : connect(receiver.port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  await once(socket, encrypted ? "secureConnect" : "connect");
  socket.write(text);
  return socket;
}

describe("HTTP receiver", () => {
  it("responds with 200 and an empty body after the commit", async () => {
    const { receiver, writes } = await receiverOf();
    expect(await send(receiver)).toMatchObject({ status: 200, text: "" });
    expect(writes).toHaveLength(1);
  });

  it.each([
    ["without the secret", { headers: { authorization: "" } }, 401],
    ["with another secret", { headers: { authorization: `Bearer ${"0".repeat(64)}` } }, 401],
    ["with a foreign Host header (DNS rebinding)", { headers: { host: "evil.example" } }, 403],
    ["with another port in its Host header", { headers: { host: "127.0.0.1:1" } }, 403],
    ["from a browser page", { headers: { origin: "http://127.0.0.1" } }, 403],
    ["to another path", { path: "/" }, 404],
    ["with another method", { method: "GET", body: "" }, 405],
    ["with an unknown compression", { headers: { "content-encoding": "br" } }, 415],
    ["with a body that is too large", { body: "x".repeat(maxBatchBytes + 1) }, 413],
    [
      "with a chunked body that is too large",
      { body: "x".repeat(maxBatchBytes + 1), headers: { "transfer-encoding": "chunked" } },
      413,
    ],
    [
      "with a compression bomb",
      { body: gzipSync("x".repeat(maxBatchBytes + 1)), headers: { "content-encoding": "gzip" } },
      413,
    ],
    ["with a malformed body", { body: "" }, 400],
  ] as const)("rejects a request %s", async (_title, rejected, status) => {
    const { receiver, writes } = await receiverOf();
    expect(await send(receiver, rejected)).toMatchObject({ status, text: "" });
    expect(writes).toHaveLength(0);
    expect(await send(receiver)).toMatchObject({ status: 200 });
  });

  it.each([
    ["an encoded blank before the secret", { authorization: (token: string) => `Bearer%20${token}` }],
    ["a lower-case scheme", { authorization: (token: string) => `bearer ${token}` }],
    ["a compression in capitals", { encoding: "GZIP" }],
    ["a slash at the end of the path", { path: "/v1/logs/" }],
  ])("accepts %s", async (_, { authorization, encoding, path }: Spelling) => {
    const { receiver, writes } = await receiverOf();
    const headers = {
      ...(authorization === undefined ? {} : { authorization: authorization(receiver.token) }),
      ...(encoding === undefined ? {} : { "content-encoding": encoding }),
    };
    const body = encoding === undefined ? {} : { body: gzipSync("{}") };
    expect(await send(receiver, { ...body, ...(path === undefined ? {} : { path }), headers })).toMatchObject({
      status: 200,
    });
    expect(writes).toHaveLength(1);
  });

  it("accepts the secret in the path, and responds in the format of the request", async () => {
    const { receiver } = await receiverOf();
    const headers = { authorization: "", "content-type": "application/json" };
    const json = { path: `/${receiver.token}/v1/traces`, headers };
    expect(await send(receiver, json)).toMatchObject({
      status: 200,
      text: "{}",
      headers: { "content-type": "application/json" },
    });
    const compressed = { path: "/v1/logs", body: gzipSync("{}"), headers: { "content-encoding": "gzip" } };
    expect(await send(receiver, compressed)).toMatchObject({ status: 200, text: "" });
  });

  it.each([
    ["failed", 503],
    ["not_permitted", 403],
  ] as const)("reports outcome %s by its status only (%i)", async (outcome, status) => {
    const { receiver } = await receiverOf({ outcome });
    expect(await send(receiver)).toMatchObject({ status, text: "" });
  });

  it("closes slow, aborted and invalid connections, and serves others in the meantime", async () => {
    const { receiver, writes } = await receiverOf();
    const head = `POST ${logs} HTTP/1.1\r\nHost: 127.0.0.1:${receiver.port}\r\nAuthorization: Bearer ${receiver.token}\r\n`;
    const [slow, drip, noise, aborted, plain] = await Promise.all([
      dial(receiver, "POST "),
      dial(receiver, `${head}Content-Length: 10\r\n\r\n{`),
      dial(receiver, "\u0000\u0001 nonsense\r\n\r\n"),
      dial(receiver, `${head}Content-Length: 10\r\n\r\n{`),
      dial(receiver, `${head}Content-Length: 2\r\n\r\n{}`, false),
    ]);
    aborted.destroy();
    const closed = [slow, drip, noise, plain].map((socket) => once(socket.resume(), "close"));
    expect(await send(receiver)).toMatchObject({ status: 200 });
    await Promise.all(closed);
    expect(writes).toHaveLength(1);
  });

  it("serves requests despite 1,000 idle connections", async () => {
    const { receiver } = await receiverOf();
    await Promise.all(Array.from({ length: 1_000 }, () => dial(receiver, "", false)));
    expect(await send(receiver)).toMatchObject({ status: 200 });
  });

  it("stores all of 500 simultaneous requests", async () => {
    const { receiver, writes } = await receiverOf();
    const bodies = Array.from({ length: 500 }, (_, n) => `{"n":${n}}`);
    const responses = await Promise.all(bodies.map((body) => send(receiver, { body })));
    expect(responses.every(({ status }) => status === 200)).toBe(true);
    expect(writes.flat()).toHaveLength(500);
  });

  it("commits waiting events together and returns each caller's own outcome", async () => {
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

describe("group commit", () => {
  it("returns the outcome failed if the write throws", async () => {
    const group = new GroupCommit(() => {
      throw new Error("no access");
    });
    expect(await group.add([markRaw({})])).toBe("failed");
  });
});

describe("receiver settings file", () => {
  it("keeps port, secret and certificate private until the receiver is disabled", async () => {
    const folder = tempFolder();
    const file = new ReceiverConfig(`${folder}/doors.json`);
    const enabled = file.enable(await file.planOpen());
    expect(await file.planOpen()).toEqual(enabled);
    expect(new ReceiverConfig(`${folder}/doors.json`).read()).toEqual(enabled);
    expect(readFileSync(file.certificatePath, "utf8")).toBe(enabled.certificate);
    for (const name of readdirSync(folder)) expect(statSync(`${folder}/${name}`).mode & 0o777).toBe(0o600);
    file.disable();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("keeps settings that another process created after the plan", async () => {
    const file = new ReceiverConfig(`${tempFolder()}/doors.json`);
    const planned = await file.planOpen();
    const first = file.enable(await file.planOpen());
    expect(file.enable(planned)).toEqual(first);
  });

  it("enables nothing if it is damaged or of a version without a certificate", () => {
    const path = `${tempFolder()}/doors.json`;
    const token = "0".repeat(64);
    for (const text of ["{", "[]", JSON.stringify({ port: 21_234, token, open: ["hooks", "otlp"] })]) {
      writeFileSync(path, text);
      const file = new ReceiverConfig(path);
      expect([file.read(), file.isOutdated]).toEqual([undefined, true]);
    }
  });

  it("has a certificate that is valid only for this machine and is not a CA", async () => {
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
