import { once } from "node:events";
import { createServer as createProxy } from "node:http";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { certificate } from "../../../test/fixtures/certificate.ts";
import { UsageServer } from "../../../test/fixtures/usage-server.ts";
import { proxyFor } from "./proxy.ts";
import { type HttpLimits, openHttpClient } from "./undici-client.ts";

const never = new AbortController().signal;

async function get(
  url: string,
  limits: Partial<HttpLimits>,
  { pins = [], env = {} }: { readonly pins?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
) {
  const { host } = new URL(url);
  const client = openHttpClient({ url, host, pins, token: undefined }, env, undefined, limits);
  try {
    const answer = await client.send(
      { method: "POST", url, headers: {}, body: Buffer.from("{}"), encodings: [] },
      never,
    );
    return "fault" in answer ? answer.fault : answer.status;
  } finally {
    await client.close();
  }
}

/** A server of which nothing but the connection works. */
async function saying(said: string | null): Promise<string> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    if (said !== null) socket.write(said);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("transport", () => {
  it("pins bite: the right key passes, another one does not, and nothing was sent", async () => {
    const { key, cert, pin } = certificate();
    const server = await UsageServer.start({ tls: { key, cert } });
    const trusting = { authorities: [cert.toString()] };
    const path = server.url.replace("/events", "/nowhere");
    expect(await get(path, trusting)).toBe(404);
    expect(await get(path, trusting, { pins: [pin] })).toBe(404);
    const before = server.arrived.length;
    expect(await get(path, trusting, { pins: [certificate().pin] })).toBe("pin");
    expect(server.arrived).toHaveLength(before);
  });

  it("speaks TLS 1.3 and nothing older", async () => {
    const { key, cert } = certificate();
    const old = await UsageServer.start({ tls: { key, cert, maxVersion: "TLSv1.2" } });
    expect(await get(old.url, { authorities: [cert.toString()] })).toBe("tls");
    expect(old.arrived).toEqual([]);
  });

  it("refuses a certificate for another host", async () => {
    const { key, cert } = certificate();
    const server = await UsageServer.start({ tls: { key, cert } });
    const other = server.url.replace("localhost", "127.0.0.1");
    expect(await get(other, { authorities: [cert.toString()] })).toBe("tls");
  });

  it.each<[string, string | null, Partial<HttpLimits>]>([
    ["answers nothing", null, { answerMs: 50 }],
    ["stops in the headers", "HTTP/1.1 200 OK\r\ncontent-", { answerMs: 50 }],
    ["stops in the body", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", { answerMs: 50 }],
    ["takes too long as a whole", null, { totalMs: 50 }],
  ])("gives up on a server that %s", async (_, said, limits) => {
    expect(await get(`http://${await saying(said)}/x`, limits)).toBe("timeout");
  });

  it("gives up on a server that never finishes the handshake", async () => {
    expect(await get(`https://${await saying(null)}/x`, { connectMs: 50 })).toBe("timeout");
  });

  it("goes through the proxy that the environment names, and checks the certificate behind it", async () => {
    const behind = certificate("collector.test");
    const server = await UsageServer.start({ tls: behind });
    const port = server.host.split(":")[1];
    const asked: string[] = [];
    const proxy = createProxy();
    proxy.on("connect", (request, socket) => {
      asked.push(request.url ?? "");
      const through = connect(Number(port), "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        through.pipe(socket).pipe(through);
      });
      for (const end of [through, socket]) end.on("error", () => undefined);
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
    expect(await get(url, trusting, { env })).toBe(404);
    expect(await get(url, trusting, { env, pins: [certificate().pin] })).toBe("pin");
    expect(asked[0]).toBe(`collector.test:${port}`);
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
  ])("%j: %s", (env, wanted) => {
    expect(proxyFor(url, env)).toBe(wanted);
  });

  it("never asks for this machine through one", () => {
    expect(proxyFor(new URL("http://127.0.0.1:1/"), { HTTP_PROXY: "http://p:1" })).toBeUndefined();
  });
});
