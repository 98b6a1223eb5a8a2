/** `POST /v1/telemetry/events`: receives a batch. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { uploadSchemaVersions } from "../../../shared/schema/upload-schema.ts";
import { type Frame, parseFrame } from "../../privacy/filter.ts";
import { anonUserIdIn, bodyOf } from "../authentication.ts";
import { json, type RouteContext } from "../context.ts";
import { type Installation, isNew } from "../installation.ts";
import { parsedJson } from "../parsed-json.ts";
import { busySeconds, erased, malformed, Refusal, tooMany } from "../refusal.ts";

/**
 * Maximum that `generated_at` may be ahead of this server's clock; later batches must be repeated.
 * Milliseconds.
 */
const maxAheadMs = 60 * 60 * 1_000;
const schemaVersion = /"schema_version"\s*:\s*(\d{1,9})[\s,}]/;

/** Returns the pseudonym in the unparsed body. @throws Refusal */
function claimedId(body: Buffer, maxSchema: number): string {
  const version = schemaVersion.exec(body.toString("latin1", 0, 1_024))?.[1];
  if (version !== undefined && !(Number(version) >= 1 && Number(version) <= maxSchema))
    throw new Refusal(422, "unknown_schema_version");
  const id = anonUserIdIn(body);
  if (id === undefined) throw malformed();
  return id;
}

/** Parses the signed body. @throws Refusal */
function signedFrame(
  body: Buffer,
  { anonUserId, webhookId, maxSchema }: { anonUserId: string; webhookId: unknown; maxSchema: number },
  nowMs: number,
): Frame {
  const frame = parseFrame(parsedJson(body));
  if (frame === "unknown_version") throw new Refusal(422, "unknown_schema_version");
  if (frame === "malformed") throw malformed();
  if (frame.schema_version > maxSchema) throw new Refusal(422, "unknown_schema_version");
  if (frame.anon_user_id !== anonUserId || webhookId !== frame.batch_id) throw new Refusal(401, "signature");
  if (frame.generated_at > nowMs + maxAheadMs) throw new Refusal(425, "clock_ahead", { waitSeconds: busySeconds });
  return frame;
}

/**
 * New pseudonyms are cheap to create, so their events are limited, each and all together.
 * @throws Refusal
 */
function checkQuota({ limits, now }: RouteContext, installation: Installation, events: number): void {
  const nowMs = now();
  if (!isNew(installation, nowMs)) return;
  const wait =
    limits.newEvents.take(installation.anonUserId, nowMs, events) || limits.allNewEvents.take("", nowMs, events);
  if (wait > 0) throw tooMany(wait);
}

/** The header's value: `1, 2`. */
const acceptedSchemas = (largest: number): string => uploadSchemaVersions.filter((n) => n <= largest).join(", ");

export function eventsRoute(app: FastifyInstance, context: RouteContext): void {
  const { authentication, config, receiver, registry, watch, waitingBytes, now } = context;
  // Refusals carry it too.
  const onRequest = async (_request: FastifyRequest, reply: FastifyReply) => {
    reply.header("accept-encoding", "zstd, gzip");
    reply.header("nexus-upload-schemas", acceptedSchemas(config.upload_schema));
  };
  app.post("/v1/telemetry/events", { onRequest }, async (request, reply) => {
    const startedMs = performance.now();
    if (waitingBytes() > config.most_waiting_bytes) {
      watch.batch("turned_away");
      throw new Refusal(503, "busy", { waitSeconds: busySeconds });
    }
    authentication.onTime(request, reply);
    const body = await bodyOf(request);
    const maxSchema = config.upload_schema;
    const id = claimedId(body, maxSchema);
    const found = await authentication.verify(request, reply, body, id);
    const frame = signedFrame(body, { anonUserId: id, webhookId: request.headers["webhook-id"], maxSchema }, now());
    if (found.erasure !== "none") throw erased();
    checkQuota(context, found, frame.events.length);
    const installation = await registry.recordActivity(found, now());
    // Race: the enrolment expired since `verify`.
    if (installation === undefined) throw new Refusal(401, "not_enrolled");
    if (installation.erasure !== "none") throw erased();
    const result = await receiver.receive(frame, body, now(), installation);
    if (result.type === "other_bytes") throw new Refusal(422, "other_bytes");
    if (result.type === "erased") throw erased();
    watch.batch(result.type, (performance.now() - startedMs) / 1_000);
    return reply.type(json).send(result.answer);
  });
}
