/**
 * The HTTPS server on loopback: what OpenTelemetry exporters post. Exporters trust only its certificate, so that another program on
 * its port receives nothing. It takes no more than it should, and nothing from a page in a browser: names of other hosts (DNS
 * rebinding) and callers with an origin are refused.
 */
import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { Raw } from "../../../shared/schema/raw.ts";
import { MalformedError, type Signal, signals } from "../otlp/otlp-record.ts";
import type { CommitOutcome } from "./group-commit.ts";
import type { ReceiverSettings } from "./receiver-config.ts";

/** The longest batch of an exporter, in bytes, packed or not. */
export const maxBatchBytes = 4 * 1_048_576;
/** So long a sender may take for its headers, and for all. Milliseconds. */
const headersMs = 3_000;
const requestMs = 5_000;
const maxConnections = 2_000;

export interface ReceiverInput {
  /** @throws MalformedError */
  otlp(signal: Signal, body: Buffer, json: boolean): readonly Raw[];
  commit(events: readonly Raw[]): Promise<CommitOutcome>;
}

/** Why a request is refused: the status, and nothing else. */
class HttpError extends Error {
  override readonly name = "Refusal";
  readonly status: number;

  constructor(status: number) {
    super();
    this.status = status;
  }
}

const statusOf: Readonly<Record<CommitOutcome, number>> = { stored: 200, not_permitted: 403, failed: 503 };

const unpack = promisify(gunzip);

export class HttpReceiver {
  readonly #settings: ReceiverSettings;
  readonly #input: ReceiverInput;
  readonly #server: Server;

  constructor(receiver: ReceiverSettings, input: ReceiverInput) {
    this.#settings = receiver;
    this.#input = input;
    this.#server = createServer(
      {
        key: receiver.key,
        cert: receiver.certificate,
        maxHeaderSize: 8_192,
        headersTimeout: headersMs,
        requestTimeout: requestMs,
        handshakeTimeout: headersMs,
        connectionsCheckingInterval: 1_000,
      },
      (request, answer) => void this.#answer(request, answer),
    );
    this.#server.keepAliveTimeout = 30_000;
    this.#server.maxConnections = maxConnections;
    // A connection that is no HTTP is ended without a word, and a fault of one is no fault of ours.
    this.#server.on("clientError", (_error, socket) => socket.destroy());
    this.#server.on("tlsClientError", (_error, socket) => socket.destroy());
  }

  /** @throws where the port is taken. */
  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ port: this.#settings.port, host: "127.0.0.1", backlog: maxConnections }, () => {
        this.#server.off("error", reject);
        resolve();
      });
      // The worker lives for its editor, not for callers.
      this.#server.unref();
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    let status: number;
    let type: string | undefined;
    try {
      const signal = this.#signal(request);
      const body = await bodyOf(request);
      type = request.headers["content-type"]?.split(";")[0];
      status = statusOf[await this.#input.commit(this.#input.otlp(signal, body, type === "application/json"))];
    } catch (error) {
      status = error instanceof HttpError ? error.status : error instanceof MalformedError ? 400 : 503;
    }
    if (answer.destroyed) return;
    // An exporter wants its own form back: an empty answer is that all was taken.
    const text = status === 200 && type === "application/json" ? "{}" : "";
    const wait = status === 503 ? { "retry-after": "5" } : {};
    // What was not read to its end must not be taken for the beginning of the next request.
    const end = request.readableEnded ? {} : { connection: "close" };
    answer.writeHead(status, {
      ...wait,
      ...end,
      "content-length": text.length,
      ...(status === 200 && type !== undefined ? { "content-type": type } : {}),
    });
    answer.end(text);
  }

  /** What is sent, by a sender that may. @throws Refusal */
  #signal({ method, url = "", headers }: IncomingMessage): Signal {
    const { port, token } = this.#settings;
    const { host, origin, authorization = "" } = headers;
    if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) throw new HttpError(403);
    if (origin !== undefined) throw new HttpError(403);
    // Programs that cannot be given a header name the secret in the address.
    const [, inPath = "", path = ""] = /^(?:\/([0-9a-f]{64}))?(\/[a-z0-9/]+)$/.exec(url) ?? [];
    if (!isEqual(inPath === "" ? authorization.replace(/^Bearer /, "") : inPath, token)) throw new HttpError(401);
    const signal = signals.find((one) => path === `/v1/${one}`);
    if (signal === undefined) throw new HttpError(404);
    if (method !== "POST") throw new HttpError(405);
    return signal;
  }
}

function isEqual(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** @throws Refusal */
async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const { "content-length": length, "content-encoding": encoding = "identity" } = request.headers;
  if (encoding !== "identity" && encoding !== "gzip") throw new HttpError(415);
  if (Number(length ?? 0) > maxBatchBytes) throw new HttpError(413);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      size += chunk.length;
      if (size > maxBatchBytes) throw new HttpError(413);
      chunks.push(chunk);
    }
  } catch (error) {
    // Cut off, or too slow.
    throw error instanceof HttpError ? error : new HttpError(408);
  }
  const body = Buffer.concat(chunks);
  if (encoding === "identity") return body;
  try {
    return await unpack(body, { maxOutputLength: maxBatchBytes });
  } catch (error) {
    const tooLong = error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    throw new HttpError(tooLong ? 413 : 400);
  }
}
