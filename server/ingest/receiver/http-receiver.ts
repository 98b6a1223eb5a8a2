/**
 * The HTTPS server on the loopback interface for OpenTelemetry exporters. Exporters trust only its
 * certificate, so another program on its port receives nothing. It limits size and time of
 * requests, and never accepts any from a browser: foreign Host headers (DNS rebinding) and Origin
 * are rejected.
 */

import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { Raw } from "../../../shared/schema/raw.ts";
import { errorCode } from "../../../shared/text/error-code.ts";
import { MalformedError, type Signal, signals } from "../otlp/otlp-record.ts";
import type { CommitOutcome } from "./group-commit.ts";
import type { ReceiverSettings } from "./receiver-config.ts";

/** Maximum size of a request body, before and after decompression: OpenTelemetry's own default. Bytes. */
export const maxBatchBytes = 20 * 1_048_576;
/** Time limits for the headers and for the whole request. Milliseconds. */
const headersMs = 3_000;
const requestMs = 5_000;
const maxConnections = 2_000;

export interface ReceiverInput {
  /** @throws MalformedError */
  otlp(signal: Signal, body: Buffer, json: boolean): readonly Raw[];
  commit(events: readonly Raw[]): Promise<CommitOutcome>;
}

/** A rejected request. The response contains only the status. */
class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;

  constructor(status: number) {
    super();
    this.status = status;
  }
}

const statusOf: Readonly<Record<CommitOutcome, number>> = { stored: 200, not_permitted: 403, failed: 503 };

const decompress = promisify(gunzip);

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
      (request, response) => void this.#handle(request, response),
    );
    this.#server.keepAliveTimeout = 30_000;
    this.#server.maxConnections = maxConnections;
    // Close connections that are not HTTP; without these handlers their errors would end the
    // worker.
    this.#server.on("clientError", (_error, socket) => socket.destroy());
    this.#server.on("tlsClientError", (_error, socket) => socket.destroy());
  }

  /** Starts listening. @throws if the port is in use. */
  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ port: this.#settings.port, host: "127.0.0.1", backlog: maxConnections }, () => {
        this.#server.off("error", reject);
        resolve();
      });
      // The receiver must not keep the worker running after its window closes.
      this.#server.unref();
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let status: number;
    let type: string | undefined;
    try {
      const signal = this.#signal(request);
      const body = await bodyOf(request);
      type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
      status = statusOf[await this.#input.commit(this.#input.otlp(signal, body, type === "application/json"))];
    } catch (error) {
      status = error instanceof HttpError ? error.status : error instanceof MalformedError ? 400 : 503;
    }
    if (response.destroyed) return;
    // OTLP requires a response in the request's format; an empty message means full success.
    const text = status === 200 && type === "application/json" ? "{}" : "";
    const wait = status === 503 ? { "retry-after": "5" } : {};
    // The unread rest of a body must not be parsed as the next request.
    const connection = request.readableEnded ? {} : { connection: "close" };
    response.writeHead(status, {
      ...wait,
      ...connection,
      "content-length": text.length,
      ...(status === 200 && type !== undefined ? { "content-type": type } : {}),
    });
    response.end(text);
  }

  /** Authorises a request and returns its signal. @throws HttpError */
  #signal({ method, url = "", headers }: IncomingMessage): Signal {
    const { port, token } = this.#settings;
    const { host, origin, authorization = "" } = headers;
    if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) throw new HttpError(403);
    if (origin !== undefined) throw new HttpError(403);
    // Exporters without a setting for headers send the secret in the path.
    const [, inPath = "", path = ""] = /^(?:\/([0-9a-f]{64}))?(\/[a-z0-9/]+?)\/?$/.exec(url) ?? [];
    // Some exporters do not decode the value of their variable.
    if (!isEqual(inPath === "" ? authorization.replace(/^Bearer(?: |%20)/i, "") : inPath, token))
      throw new HttpError(401);
    const signal = signals.find((name) => path === `/v1/${name}`);
    if (signal === undefined) throw new HttpError(404);
    if (method !== "POST") throw new HttpError(405);
    return signal;
  }
}

function isEqual(secret: string, token: string): boolean {
  const [a, b] = [Buffer.from(secret), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Reads and decompresses a request body. @throws HttpError */
async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const { "content-length": length } = request.headers;
  // Content codings are case-insensitive (RFC 9110, section 8.4.1).
  const encoding = (request.headers["content-encoding"] ?? "identity").toLowerCase();
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
    // Aborted or timed out.
    throw error instanceof HttpError ? error : new HttpError(408);
  }
  const body = Buffer.concat(chunks);
  if (encoding === "identity") return body;
  try {
    return await decompress(body, { maxOutputLength: maxBatchBytes });
  } catch (error) {
    const tooLong = errorCode(error) === "ERR_BUFFER_TOO_LARGE";
    throw new HttpError(tooLong ? 413 : 400);
  }
}
