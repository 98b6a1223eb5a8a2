/** `DELETE /v1/telemetry/users/{anon_user_id}` requests an erasure; `GET …/erasure` beside it says how far it is. */
import type { FastifyInstance, FastifyReply } from "fastify";
import * as z from "zod";
import { anonUserIdPattern, bodyOf, maxSmallBytes } from "../authentication.ts";
import { json, type RouteContext } from "../context.ts";
import type { Installation } from "../installation.ts";
import { parsedJson } from "../parsed-json.ts";
import { malformed, Refusal, tooMany } from "../refusal.ts";

const erasure = z.strictObject({ anon_user_id: z.string() });
/** Seconds after which it is worth asking again. */
const statusSeconds = 2;

interface Params {
  readonly id: string;
}

export function erasureRoutes(app: FastifyInstance, context: RouteContext): void {
  const { authentication, erasures, limits, registry, now } = context;

  /** The receipt of a complete erasure; of one that waits, where to ask for it. */
  const answer = (reply: FastifyReply, { anonUserId, erasure: state }: Installation) => {
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
    authentication.admit(request);
    const { id } = request.params;
    if (!anonUserIdPattern.test(id)) throw malformed();
    const known = await registry.find(id);
    const before = known?.erasure;
    // Erased by version 0.8, which kept no secret: no signature is possible, and the receipt was promised.
    if (known !== undefined && known.secret === undefined && before !== "none") return answer(reply, known);
    const body = await bodyOf(request, maxSmallBytes);
    const installation = await authentication.verify(request, reply, body, id);
    // It names whom: what was signed for something else is no erasure.
    if (erasure.safeParse(parsedJson(body)).data?.anon_user_id !== id) throw malformed();
    const wait = limits.erasures.take(id, now());
    if (wait > 0) throw tooMany(wait);
    return answer(reply, installation.erasure === "none" ? await erasures.request(id) : installation);
  });

  app.get<{ Params: Params }>("/v1/telemetry/users/:id/erasure", async (request, reply) => {
    authentication.admit(request);
    const { id } = request.params;
    if (!anonUserIdPattern.test(id)) throw malformed();
    return answer(reply, await authentication.verify(request, reply, Buffer.alloc(0), id));
  });
}
