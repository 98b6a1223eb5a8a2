/**
 * The HTTP side: routes of the wire protocol (`docs/wire-protocol.md`), health, metrics, the published schemas. Addresses of callers are neither
 * asked for, kept nor logged; there is no access log, and proxies' headers are not believed. Errors never quote what was sent.
 */
import { timingSafeEqual } from "node:crypto";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import * as z from "zod";
import { uploadSchemas } from "../../shared/upload-schemas.ts";
import type { Config } from "../config.ts";
import { say } from "../log-line.ts";
import type { Watch } from "../metrics.ts";
import { frameOf } from "../privacy/filter.ts";
import { openApi } from "./open-api.ts";
import { RateLimit } from "./rate.ts";
import { aheadFrameMs, type Receiver } from "./receive.ts";
import type { Erased, Registry } from "./registry.ts";
import { checkSignature } from "./signature.ts";
import { longestBody, UnpackError, unpacked } from "./unpack.ts";

export interface Behind {
  readonly config: Config;
  readonly registry: Registry;
  readonly receiver: Receiver;
  readonly watch: Watch;
  readonly waitingBytes: () => number;
  /** Erases, and answers with the receipt. @throws where it could not be done yet. */
  readonly erase: (anonUserId: string) => Promise<string>;
  /** The receipt of an erasure that was done before. */
  readonly erasedBefore: (anonUserId: string, erased: Erased) => string;
  readonly isReady: () => boolean;
  readonly now: () => number;
}

/** What keeps a request from being served: a status, a word for the sender, and how long to wait. */
class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly word: string;
  readonly waitSeconds: number | undefined;

  constructor(status: number, word: string, waitSeconds?: number) {
    super(word);
    this.status = status;
    this.word = word;
    this.waitSeconds = waitSeconds;
  }
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const enrolment = z.strictObject({
  anon_user_id: z.string().regex(uuid),
  secret: z.string().regex(/^[A-Za-z0-9+/]{43}=$/),
});
const erasure = z.strictObject({ anon_user_id: z.string() });

const json = "application/json; charset=utf-8";
const busySeconds = 5;

export function appOf(behind: Behind): FastifyInstance {
  const { config, registry, receiver, watch, now } = behind;
  const requestMs = config.request_seconds * 1_000;
  const app = Fastify({
    ...{ logger: false, bodyLimit: longestBody, trustProxy: false },
    // Who sends slowly, or nothing, holds no place: looked for every second.
    ...{ requestTimeout: requestMs, connectionTimeout: requestMs },
    http: { headersTimeout: Math.min(10_000, requestMs), maxHeaderSize: 16_384, connectionsCheckingInterval: 1_000 },
    routerOptions: { maxParamLength: 64 },
    // What an error says may quote the request.
    frameworkErrors: (_error, _request, reply) => {
      const answer: FastifyReply = reply as never;
      void answer.code(400).type(json).send('{"error":"malformed"}');
    },
  });
  const tokens = config.tokens.split(",").filter((token) => token !== "");
  const rates = new RateLimit(config.requests_per_minute);

  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const refusal =
      error instanceof Refusal
        ? error
        : error instanceof UnpackError
          ? new Refusal(error.status, error.status === 413 ? "too_large" : "cannot_unpack")
          : error.statusCode !== undefined && error.statusCode < 500
            ? new Refusal(error.statusCode, error.statusCode === 413 ? "too_large" : "malformed")
            : new Refusal(503, "unavailable", busySeconds);
    if (refusal.word === "unavailable") say({ what: "request_failed", error });
    if (refusal.waitSeconds !== undefined) reply.header("retry-after", refusal.waitSeconds);
    reply
      .code(refusal.status)
      .type(json)
      .send(JSON.stringify({ error: refusal.word }));
  });
  app.setNotFoundHandler((_request, reply) => void reply.code(404).type(json).send('{"error":"not_found"}'));

  /** Bearer tokens, where the operator gave some. */
  const admit = ({ headers }: FastifyRequest): void => {
    if (tokens.length === 0) return;
    const given = Buffer.from((headers.authorization ?? "").replace(/^Bearer /, ""));
    const holds = tokens.some((token) => {
      const own = Buffer.from(token);
      return own.length === given.length && timingSafeEqual(own, given);
    });
    if (!holds) throw new Refusal(headers.authorization === undefined ? 401 : 403, "token");
  };
  const bodyOf = ({ body, headers }: FastifyRequest): Promise<Buffer> =>
    unpacked(Buffer.isBuffer(body) ? body : Buffer.alloc(0), headers["content-encoding"]);
  const parsed = (body: Buffer): unknown => {
    try {
      return JSON.parse(body.toString("utf8"));
    } catch {
      throw new Refusal(400, "malformed");
    }
  };
  const verify = ({ headers }: FastifyRequest, body: Buffer, anonUserId: string, reply: FastifyReply): void => {
    const secret = registry.secretOf(anonUserId);
    if (secret === undefined) throw new Refusal(401, "not_enrolled");
    const text = (name: string) => String(headers[name] ?? "");
    const signed = {
      id: text("webhook-id"),
      timestamp: text("webhook-timestamp"),
      signature: text("webhook-signature"),
    };
    const verdict = checkSignature(signed, body, secret, now());
    // The sender mends its clock by this.
    reply.header("date", new Date(now()).toUTCString());
    if (verdict !== "holds") throw new Refusal(401, verdict === "clock_skew" ? "clock_skew" : "signature");
    const wait = rates.take(anonUserId, now());
    if (wait > 0) throw new Refusal(429, "too_many", wait);
  };

  app.post("/v1/telemetry/events", async (request, reply) => {
    const startedMs = performance.now();
    reply.header("accept-encoding", "zstd, gzip");
    admit(request);
    if (behind.waitingBytes() > config.most_waiting_bytes) {
      watch.batch("turned_away");
      throw new Refusal(503, "busy", busySeconds);
    }
    const body = await bodyOf(request);
    const frame = frameOf(parsed(body));
    if (frame === "unknown_version") throw new Refusal(422, "unknown_schema_version");
    // Made an hour ahead, by a sender whose signature has the right time: then later it would seem to be new.
    const isAhead = typeof frame !== "string" && frame.generated_at > now() + aheadFrameMs;
    if (frame === "malformed" || isAhead) throw new Refusal(400, "malformed");
    if (registry.isErased(frame.anon_user_id)) throw new Refusal(410, "erased");
    verify(request, body, frame.anon_user_id, reply);
    if (request.headers["webhook-id"] !== frame.batch_id) throw new Refusal(401, "signature");
    const received = await receiver.receive(frame, body, now());
    if (received.is === "other_bytes") throw new Refusal(422, "other_bytes");
    if (received.is === "erased") throw new Refusal(410, "erased");
    watch.batch(received.is, (performance.now() - startedMs) / 1_000);
    return reply.type(json).send(received.answer);
  });

  app.post("/v1/telemetry/enroll", async (request, reply) => {
    admit(request);
    const given = enrolment.safeParse(parsed(await bodyOf(request))).data;
    if (given === undefined) throw new Refusal(400, "malformed");
    const { anon_user_id: id, secret } = given;
    // Who asks again takes nobody else's turn.
    const wait = registry.isEnrolled(id, secret) || registry.isErased(id) ? 0 : rates.take("enrolment", now());
    if (wait > 0) throw new Refusal(429, "too_many", wait);
    const enrolled = await registry.enroll(id, secret);
    if (enrolled === "erased") throw new Refusal(410, "erased");
    if (enrolled === "other") throw new Refusal(409, "enrolled_otherwise");
    return reply.type(json).send('{"enrolled":true}');
  });

  app.post("/v1/telemetry/rotate", async (request, reply) => {
    admit(request);
    const body = await bodyOf(request);
    const given = enrolment.safeParse(parsed(body)).data;
    if (given === undefined) throw new Refusal(400, "malformed");
    // Signed with the secret that goes.
    verify(request, body, given.anon_user_id, reply);
    const rotated = await registry.rotateSecret(given.anon_user_id, given.secret);
    if (rotated === "erased") throw new Refusal(410, "erased");
    return reply.type(json).send('{"enrolled":true}');
  });

  app.get("/v1/telemetry/keys", async (_request, reply) => {
    const keys = registry.keys.map(({ id, public: key, signedBy }) => ({
      ...{ key_id: id, public_key: key },
      ...(signedBy === undefined ? {} : { signed_by: signedBy }),
    }));
    return reply.type(json).send(JSON.stringify({ keys }));
  });

  app.delete<{ Params: { id: string } }>("/v1/telemetry/users/:id", async (request, reply) => {
    admit(request);
    const { id } = request.params;
    if (!uuid.test(id)) throw new Refusal(400, "malformed");
    const before = registry.erasedBefore(id);
    if (before !== undefined) return reply.type(json).send(behind.erasedBefore(id, before));
    const body = await bodyOf(request);
    // It names whom: what was signed for something else is no erasure.
    if (erasure.safeParse(parsed(body)).data?.anon_user_id !== id) throw new Refusal(400, "malformed");
    verify(request, body, id, reply);
    return reply.type(json).send(await behind.erase(id));
  });

  app.get("/v1/telemetry/schema", async (_request, reply) => {
    const schemas = Object.fromEntries([...uploadSchemas()].map(([name, text]) => [name, JSON.parse(text)]));
    return reply.type(json).send(JSON.stringify(schemas));
  });
  app.get("/openapi.json", async (_request, reply) => reply.type(json).send(JSON.stringify(openApi())));
  app.get("/healthz", async (_request, reply) => reply.type(json).send('{"alive":true}'));
  app.get("/readyz", async (_request, reply) => {
    const ready = behind.isReady();
    return reply
      .code(ready ? 200 : 503)
      .type(json)
      .send(JSON.stringify({ ready }));
  });
  app.get("/metrics", async (_request, reply) =>
    reply.type(watch.metrics.contentType).send(await watch.metrics.metrics()),
  );
  return app;
}
