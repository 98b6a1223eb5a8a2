import { once } from "node:events";
import { createServer as createProxy } from "node:http";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { certificate } from "../../../test/fixtures/certificate.ts";
import { UsageServer } from "../../../test/fixtures/usage-server.ts";
import { proxyFor } from "./proxy.ts";
import { type HttpLimits, openHttpClient } from "./undici-client.ts";

const neverAborted = new AbortController().signal;

async function post(
  url: string,
  limits: Partial<HttpLimits>,
  { pins = [], env = {} }: { readonly pins?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
) {
  const { host } = new URL(url);
  const client = openHttpClient({ url, host, pins, token: undefined }, env, undefined, limits);
  try {
    const answer = await client.send(
      { method: "POST", url, headers: {}, body: Buffer.from("{}"), encodings: [] },
      neverAborted,
    );
    return "fault" in answer ? answer.fault : answer.status;
  } finally {
    await client.close();
  }
}

/** Starts a TCP server that writes `bytes` to each connection and nothing else. */
async function startRawServer(bytes: string | null): Promise<string> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    if (bytes !== null) socket.write(bytes);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("UndiciClient", () => {
  it("accepts a pinned key, and sends nothing to a server with another key", async () => {
    const { key, cert, pin } = certificate();
    const server = await UsageServer.start({ tls: { key, cert } });
    const trusting = { authorities: [cert.toString()] };
    const path = server.url.replace("/events", "/nowhere");
    expect(await post(path, trusting)).toBe(404);
    expect(await post(path, trusting, { pins: [pin] })).toBe(404);
    const before = server.arrived.length;
    expect(await post(path, trusting, { pins: [certificate().pin] })).toBe("pin");
    expect(server.arrived).toHaveLength(before);
  });

  it("refuses TLS versions before 1.3", async () => {
    const { key, cert } = certificate();
    const old = await UsageServer.start({ tls: { key, cert, maxVersion: "TLSv1.2" } });
    expect(await post(old.url, { authorities: [cert.toString()] })).toBe("tls");
    expect(old.arrived).toEqual([]);
  });

  it("refuses a certificate for another host", async () => {
    const { key, cert } = certificate();
    const server = await UsageServer.start({ tls: { key, cert } });
    const other = server.url.replace("localhost", "127.0.0.1");
    expect(await post(other, { authorities: [cert.toString()] })).toBe("tls");
  });

  it.each<[string, string | null, Partial<HttpLimits>]>([
    ["never answers", null, { answerMs: 50 }],
    ["stops in the headers", "HTTP/1.1 200 OK\r\ncontent-", { answerMs: 50 }],
    ["stops in the body", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", { answerMs: 50 }],
    ["exceeds the total time", null, { totalMs: 50 }],
  ])("gives up on a server that %s", async (_, bytes, limits) => {
    expect(await post(`http://${await startRawServer(bytes)}/x`, limits)).toBe("timeout");
  });

  it("gives up on a server that never finishes the handshake", async () => {
    expect(await post(`https://${await startRawServer(null)}/x`, { connectMs: 50 })).toBe("timeout");
  });

  it("uses the proxy of the environment and checks the server's certificate and pin", async () => {
    const behind = certificate("collector.test");
    const server = await UsageServer.start({ tls: behind });
    const port = server.host.split(":")[1];
    const connectTargets: string[] = [];
    const proxy = createProxy();
    proxy.on("connect", (request, socket) => {
      connectTargets.push(request.url ?? "");
      const tunnel = connect(Number(port), "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        tunnel.pipe(socket).pipe(tunnel);
      });
      for (const stream of [tunnel, socket]) stream.on("error", () => undefined);
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    onTestFinished(() => {
      proxy.closeAllConnections();
      proxy.close();
    });
    const env = { HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
    const url = `https://collector.test:${port}/nowhere`;
    const trusting = { authorities: [behind.cert.toString()] };
    expect(await post(url, trusting, { env })).toBe(404);
    expect(await post(url, trusting, { env, pins: [certificate().pin] })).toBe("pin");
    expect(connectTargets[0]).toBe(`collector.test:${port}`);
  });
});

describe("proxyFor", () => {
  const url = new URL("https://collector.example.com/x");
  it.each<[Readonly<Record<string, string>>, string | undefined]>([
    [{}, undefined],
    [{ HTTPS_PROXY: "http://p:1" }, "http://p:1"],
    [{ https_proxy: "p:1" }, "http://p:1"],
    [{ ALL_PROXY: "http://p:1" }, "http://p:1"],
    [{ HTTP_PROXY: "http://p:1" }, undefined],
    [{ HTTPS_PROXY: "http://p:1", NO_PROXY: "example.com" }, undefined],
    [{ HTTPS_PROXY: "http://p:1", NO_PROXY: ".example.com, other" }, undefined],
    [{ HTTPS_PROXY: "http://p:1", NO_PROXY: "*" }, undefined],
    [{ HTTPS_PROXY: "http://p:1", NO_PROXY: "ample.com" }, "http://p:1"],
    [{ HTTPS_PROXY: "http://p:1", NO_PROXY: "example.com:99" }, "http://p:1"],
  ])("maps %j to %s", (env, expected) => {
    expect(proxyFor(url, env)).toBe(expected);
  });

  it("returns no proxy for loopback addresses", () => {
    expect(proxyFor(new URL("http://127.0.0.1:1/"), { HTTP_PROXY: "http://p:1" })).toBeUndefined();
  });
});
