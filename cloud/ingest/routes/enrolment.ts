/** `POST /v1/telemetry/enroll` binds a secret at first use; `POST /v1/telemetry/rotate` replaces it. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import * as z from "zod";
import { anonUserIdIn, anonUserIdPattern, bodyOf, maxSmallBytes } from "../authentication.ts";
import { json, type RouteContext } from "../context.ts";
import { parsedJson } from "../parsed-json.ts";
import { proofBitsHeader, proofHeader, proofHolds } from "../proof-of-work.ts";
import { erased, malformed, Refusal, unavailable } from "../refusal.ts";
import { isOnTime, signatureHolds, signedHeadersOf } from "../signature.ts";

const enrolment = z.strictObject({
  anon_user_id: z.string().regex(anonUserIdPattern),
  secret: z.string().regex(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/),
});

function enrolmentIn(body: Buffer): { readonly id: string; readonly secret: Buffer } {
  const { data } = enrolment.safeParse(parsedJson(body));
  if (data === undefined) throw malformed();
  return { id: data.anon_user_id, secret: Buffer.from(data.secret, "base64") };
}

export function enrolmentRoutes(app: FastifyInstance, context: RouteContext): void {
  const { authentication, config, limits, registry, now } = context;
  const done = (reply: FastifyReply) => reply.type(json).send('{"enrolled":true}');

  /** Whether the request has a proof of work, which its own secret has signed. */
  const hasProof = (request: FastifyRequest, body: Buffer, secret: Buffer): boolean => {
    const signed = signedHeadersOf(request);
    if (!isOnTime(signed, now()) || !signatureHolds(signed, body, secret)) return false;
    return proofHolds(signed.signature, request.headers[proofHeader], config.enrolment_proof_bits);
  };

  /** New installations need a token or a proof of work; without either they share a few turns. @throws Refusal */
  const admitNew = (request: FastifyRequest, reply: FastifyReply, body: Buffer, secret: Buffer): void => {
    if (authentication.hasTokens || config.enrolment_proof_bits === 0 || hasProof(request, body, secret)) return;
    const waitSeconds = limits.enrolments.take("", now());
    if (waitSeconds === 0) return;
    reply.header("date", new Date(now()).toUTCString());
    const headers = { [proofBitsHeader]: String(config.enrolment_proof_bits) };
    throw new Refusal(429, "proof_required", { waitSeconds, headers });
  };

  app.post("/v1/telemetry/enroll", { bodyLimit: maxSmallBytes }, async (request, reply) => {
    authentication.admit(request);
    const body = await bodyOf(request, maxSmallBytes);
    const { id, secret } = enrolmentIn(body);
    const known = await registry.find(id);
    // A known installation needs neither a turn nor the database.
    if (known?.erasure === "none" && known.secret?.equals(secret) === true) return done(reply);
    admitNew(request, reply, body, secret);
    const enrolled = await registry.enroll(id, secret, now());
    if (enrolled === "erased") throw erased();
    if (enrolled === "other") throw new Refusal(409, "enrolled_otherwise");
    return done(reply);
  });

  app.post("/v1/telemetry/rotate", { bodyLimit: maxSmallBytes }, async (request, reply) => {
    authentication.admit(request);
    const body = await bodyOf(request, maxSmallBytes);
    const id = anonUserIdIn(body);
    if (id === undefined) throw malformed();
    const installation = await authentication.verify(request, reply, body, id, true);
    const given = enrolmentIn(body);
    if (given.id !== id) throw malformed();
    if (installation.erasure !== "none") throw erased();
    // The secret before the last rotation may repeat that one, whose answer was lost.
    const { secret: current } = installation;
    const isRepeat = current?.equals(given.secret) === true;
    if (current === undefined) throw unavailable();
    if (!isRepeat && !signatureHolds(signedHeadersOf(request), body, current)) throw new Refusal(401, "not_enrolled");
    // Another rotation, or an erasure, came first.
    if (!(await registry.rotateSecret(installation, given.secret))) throw new Refusal(401, "not_enrolled");
    return done(reply);
  });
}
