/**
 * Sends one request: HTTPS with TLS 1.3, certificates always checked, pins where they are set, no redirect followed, everything
 * bounded in time and size. It runs in the worker or the command, never in the editor's extension host, which is reported to
 * ignore pins. A file of its own, loaded with the first request.
 */
import { createHash, X509Certificate } from "node:crypto";
import { checkServerIdentity, getCACertificates, type PeerCertificate } from "node:tls";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { Agent, type Dispatcher, ProxyAgent, request } from "undici";
import type { Destination } from "../../config/destination.ts";
import type { Failure, HttpClient, HttpFault, HttpRequest, HttpResponse } from "./http-client.ts";
import { proxyFor } from "./proxy.ts";

/** Times in milliseconds, and whom to trust; a test shortens and adds. */
export interface HttpLimits {
  readonly connectMs: number;
  /** Between two bytes of an answer. */
  readonly answerMs: number;
  /** A request as a whole, however slowly it dribbles. */
  readonly totalMs: number;
  readonly authorities: readonly string[];
}

/** What Node trusts, and what the system does: companies put their own authority there. */
function authorities(): readonly string[] {
  return [...new Set([...getCACertificates("default"), ...getCACertificates("system"), ...getCACertificates("extra")])];
}

const usual = { connectMs: 10_000, answerMs: 30_000, totalMs: 60_000 } as const;
const maxResponseBytes = 65_536;

const pinMismatch = "NEXUS_PIN_MISMATCH";

function pinOf(certificate: PeerCertificate): string {
  const key = new X509Certificate(certificate.raw).publicKey.export({ type: "spki", format: "der" });
  return `sha256/${createHash("sha256").update(key).digest("base64")}`;
}

function tlsOptions(pins: readonly string[], { connectMs, authorities: trusted }: HttpLimits) {
  return {
    timeout: connectMs,
    minVersion: "TLSv1.3" as const,
    // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
    rejectUnauthorized: true,
    ca: [...trusted],
    checkServerIdentity: (host: string, certificate: PeerCertificate): Error | undefined => {
      const wrong = checkServerIdentity(host, certificate);
      if (wrong !== undefined || pins.length === 0 || pins.includes(pinOf(certificate))) return wrong;
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

const packers: Readonly<Record<string, (body: Uint8Array) => Buffer>> = {
  zstd: (body) => zstdCompressSync(body),
  gzip: (body) => gzipSync(body, { level: 1 }),
};

class UndiciClient implements HttpClient {
  readonly #dispatcher: Dispatcher;
  readonly #totalMs: number;

  constructor(destination: Destination, env: NodeJS.ProcessEnv, editorProxy: string | undefined, given: HttpLimits) {
    this.#totalMs = given.totalMs;
    const limits = {
      headersTimeout: given.answerMs,
      bodyTimeout: given.answerMs,
      maxResponseSize: maxResponseBytes,
      connections: 1,
      pipelining: 1,
    };
    const tls = tlsOptions(destination.pins, given);
    const proxy = proxyFor(new URL(destination.url), env, editorProxy);
    this.#dispatcher =
      proxy === undefined
        ? new Agent({ ...limits, connect: tls })
        : new ProxyAgent({ ...limits, uri: proxy, requestTls: tls, proxyTls: { timeout: given.connectMs } });
  }

  async send(
    { method, url, headers, body, encodings }: HttpRequest,
    signal: AbortSignal,
  ): Promise<HttpResponse | Failure> {
    const encoding = encodings.find((name) => name in packers);
    const packed = encoding === undefined ? body : packers[encoding]?.(body);
    try {
      const answer = await request(url, {
        dispatcher: this.#dispatcher,
        method,
        headers: { ...headers, ...(encoding === undefined ? {} : { "content-encoding": encoding }) },
        body: packed === undefined || packed.length === 0 ? null : packed,
        signal: AbortSignal.any([signal, AbortSignal.timeout(this.#totalMs)]),
      });
      const text = await answer.body.text();
      const header = (name: string) => {
        const value = answer.headers[name];
        return Array.isArray(value) ? value.join(", ") : value;
      };
      return { status: answer.statusCode, header, body: text };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      return { fault: faultOf(error) };
    }
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }
}

/** Stands in where the proxy's address cannot be used: never a direct connection instead. */
const unusable: HttpClient = {
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
    return new UndiciClient(destination, env, editorProxy, { ...usual, authorities: authorities(), ...limits });
  } catch {
    // Only the address of a proxy can be unusable: the destination was validated before.
    return unusable;
  }
}
