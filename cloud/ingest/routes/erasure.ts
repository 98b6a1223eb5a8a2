/**
 * `DELETE /v1/telemetry/users/{anon_user_id}` requests an erasure; `GET …/erasure` returns its
 * state or receipt.
 */
import type { FastifyInstance, FastifyReply } from "fastify";
import { anonUserIdPattern, bodyOf, maxSmallBytes } from "../authentication.ts";
import { bodyValidator } from "../body-validator.ts";
import { json, type RouteContext } from "../context.ts";
import type { Installation } from "../installation.ts";
import { malformed, Refusal, tooMany } from "../refusal.ts";

const readErasure = bodyValidator({ anon_user_id: {} });
/** Polling interval for clients. */
const statusSeconds = 2;

interface Params {
  readonly id: string;
}

export function erasureRoutes(app: FastifyInstance, context: RouteContext): void {
  const { authentication, erasures, limits, registry, now } = context;

  /** Sends the receipt of a complete erasure, or the status URL of a pending one. */
  const sendState = (reply: FastifyReply, { anonUserId, erasure: state }: Installation) => {
    if (state === "none") throw new Refusal(404, "no_erasure");
    if (state !== "waiting") return reply.type(json).send(erasures.receiptOf(anonUserId, state));
    const status = `/v1/telemetry/users/${anonUserId}/erasure`;
    return reply
      .code(202)
      .headers({ location: status, "retry-after": statusSeconds })
      .type(json)
      .send(JSON.stringify({ erasure: "waiting", status }));
  };

  app.delete<{ Params: Params }>("/v1/telemetry/users/:id", { bodyLimit: maxSmallBytes }, async (request, reply) => {
    const { id } = request.params;
    if (!anonUserIdPattern.test(id)) throw malformed();
    const known = await registry.find(id);
    const before = known?.erasure;
    // Version 0.8 deleted the secret with the erasure, so no signature is possible. The receipt was
    // promised.
    if (known !== undefined && known.secret === undefined && before !== "none") return sendState(reply, known);
    const body = await bodyOf(request, maxSmallBytes);
    const installation = await authentication.verify(request, reply, body, id);
    // The body must name the pseudonym: a signature made for another request is not an erasure.
    if (readErasure(body).anon_user_id !== id) throw malformed();
    const wait = limits.erasures.take(id, now());
    if (wait > 0) throw tooMany(wait);
    return sendState(reply, installation.erasure === "none" ? await erasures.request(id) : installation);
  });

  app.get<{ Params: Params }>("/v1/telemetry/users/:id/erasure", async (request, reply) => {
    const { id } = request.params;
    if (!anonUserIdPattern.test(id)) throw malformed();
    return sendState(reply, await authentication.verify(request, reply, Buffer.alloc(0), id));
  });
}
