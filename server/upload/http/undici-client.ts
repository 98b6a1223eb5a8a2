/**
 * Sends requests with undici: TLS 1.3, certificates always checked, pins if configured, limits on
 * time and size. Never follows a redirect. Runs in the worker or the CLI, never in the extension
 * host, which is reported to ignore pins. A bundle of its own, loaded with the first request.
 */
import { createHash, X509Certificate } from "node:crypto";
import { checkServerIdentity, getCACertificates, type PeerCertificate } from "node:tls";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { Agent, type Dispatcher, ProxyAgent, request } from "undici";
import type { Destination } from "../../config/destination.ts";
import type { Failure, HttpClient, HttpFault, HttpRequest, HttpResponse } from "./http-client.ts";
import { proxyFor } from "./proxy.ts";

/** Tests shorten the times, which are in milliseconds, and add authorities. */
export interface HttpLimits {
  readonly connectMs: number;
  /** Limit for the headers, and between two chunks of the body. */
  readonly answerMs: number;
  /** Limit for the whole request, for servers that send one byte at a time. */
  readonly totalMs: number;
  /** Largest response, in bytes. */
  readonly maxBytes: number;
  readonly authorities: readonly string[];
}

/**
 * Returns Node's and the system's authorities: companies install their own in the system's store.
 */
function authorities(): readonly string[] {
  return [...new Set([...getCACertificates("default"), ...getCACertificates("system"), ...getCACertificates("extra")])];
}

const defaultLimits = { connectMs: 10_000, answerMs: 30_000, totalMs: 60_000, maxBytes: 65_536 } as const;

const pinMismatch = "NEXUS_PIN_MISMATCH";

function pinOf(certificate: PeerCertificate): string {
  const key = new X509Certificate(certificate.raw).publicKey.export({ type: "spki", format: "der" });
  return `sha256/${createHash("sha256").update(key).digest("base64")}`;
}

function tlsOptions(pins: readonly string[], { connectMs, authorities: trusted }: HttpLimits) {
  return {
    timeout: connectMs,
    minVersion: "TLSv1.3" as const,
    // Overrides NODE_TLS_REJECT_UNAUTHORIZED=0.
    rejectUnauthorized: true,
    ca: [...trusted],
    checkServerIdentity: (host: string, certificate: PeerCertificate): Error | undefined => {
      const mismatch = checkServerIdentity(host, certificate);
      if (mismatch !== undefined || pins.length === 0 || pins.includes(pinOf(certificate))) return mismatch;
      return Object.assign(new Error("pin mismatch"), { code: pinMismatch });
    },
  };
}

const faults: Readonly<Record<string, HttpFault>> = {
  UND_ERR_CONNECT_TIMEOUT: "timeout",
  UND_ERR_HEADERS_TIMEOUT: "timeout",
  UND_ERR_BODY_TIMEOUT: "timeout",
  ETIMEDOUT: "timeout",
  ENOTFOUND: "name",
  EAI_AGAIN: "name",
  ECONNREFUSED: "unreachable",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  UND_ERR_RES_EXCEEDED_MAX_SIZE: "answer",
  [pinMismatch]: "pin",
};

function faultOf(error: unknown): HttpFault {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = "code" in cause ? String(cause.code) : cause.name;
    const known = faults[code];
    if (known !== undefined) return known;
    if (cause.name === "TimeoutError") return "timeout";
    if (code.startsWith("UND_ERR_PRX") || /^Proxy response/.test(cause.message)) return "proxy";
    if (code.startsWith("ERR_SSL") || code.startsWith("ERR_TLS") || /CERT|SELF_SIGNED|VERIFY|ISSUER/.test(code))
      return "tls";
    if (code.startsWith("HPE_") || cause.name === "HTTPParserError") return "answer";
  }
  return "broken";
}

const encoders: Readonly<Record<string, (body: Uint8Array) => Buffer>> = {
  zstd: (body) => zstdCompressSync(body),
  gzip: (body) => gzipSync(body, { level: 1 }),
};

class UndiciClient implements HttpClient {
  readonly #dispatcher: Dispatcher;
  readonly #totalMs: number;

  constructor(destination: Destination, env: NodeJS.ProcessEnv, editorProxy: string | undefined, limits: HttpLimits) {
    this.#totalMs = limits.totalMs;
    const options = {
      headersTimeout: limits.answerMs,
      bodyTimeout: limits.answerMs,
      maxResponseSize: limits.maxBytes,
      connections: 1,
      pipelining: 1,
    };
    const tls = tlsOptions(destination.pins, limits);
    const proxy = proxyFor(new URL(destination.url), env, editorProxy);
    this.#dispatcher =
      proxy === undefined
        ? new Agent({ ...options, connect: tls })
        : new ProxyAgent({ ...options, uri: proxy, requestTls: tls, proxyTls: { timeout: limits.connectMs } });
  }

  async send(
    { method, url, headers, body, encodings }: HttpRequest,
    signal: AbortSignal,
  ): Promise<HttpResponse | Failure> {
    const encoding = encodings.find((name) => name in encoders);
    const encoded = encoding === undefined ? body : encoders[encoding]?.(body);
    try {
      const response = await request(url, {
        dispatcher: this.#dispatcher,
        method,
        headers: { ...headers, ...(encoding === undefined ? {} : { "content-encoding": encoding }) },
        body: encoded === undefined || encoded.length === 0 ? null : encoded,
        signal: AbortSignal.any([signal, AbortSignal.timeout(this.#totalMs)]),
      });
      const text = await response.body.text();
      const header = (name: string) => {
        const value = response.headers[name];
        return Array.isArray(value) ? value.join(", ") : value;
      };
      return { status: response.statusCode, header, body: text };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      return { fault: faultOf(error) };
    }
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }
}

/** For an invalid proxy address: a direct connection would bypass the proxy. */
const unreachableClient: HttpClient = {
  send: async () => ({ fault: "proxy" }),
  close: async () => undefined,
};

export function openHttpClient(
  destination: Destination,
  env: NodeJS.ProcessEnv,
  editorProxy: string | undefined,
  limits: Partial<HttpLimits> = {},
): HttpClient {
  try {
    return new UndiciClient(destination, env, editorProxy, { ...defaultLimits, authorities: authorities(), ...limits });
  } catch {
    // Only the proxy's address can be invalid here: the destination was validated before.
    return unreachableClient;
  }
}
