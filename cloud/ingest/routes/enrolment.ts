/**
 * `POST /v1/telemetry/enroll` enrols a pseudonym with a secret; `POST /v1/telemetry/rotate`
 * replaces the secret.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { anonUserIdIn, anonUserIdPattern, bodyOf, maxSmallBytes } from "../authentication.ts";
import { bodyValidator } from "../body-validator.ts";
import { json, type RouteContext } from "../context.ts";
import { proofBitsHeader, proofHeader, proofHolds } from "../proof-of-work.ts";
import { erased, malformed, Refusal, unavailable } from "../refusal.ts";
import { isOnTime, signatureHolds, signedHeadersOf } from "../signature.ts";

const readEnrolment = bodyValidator({
  anon_user_id: { pattern: anonUserIdPattern.source },
  secret: { pattern: "^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$" },
});

function enrolmentIn(body: Buffer): { readonly id: string; readonly secret: Buffer } {
  const { anon_user_id: id, secret } = readEnrolment(body);
  return { id, secret: Buffer.from(secret, "base64") };
}

export function enrolmentRoutes(app: FastifyInstance, context: RouteContext): void {
  const { authentication, config, limits, registry, now } = context;
  const done = (reply: FastifyReply) => reply.type(json).send('{"enrolled":true}');

  /**
   * Checks the proof of work, whose signature must be made with the secret that is being enrolled.
   */
  const hasProof = (request: FastifyRequest, body: Buffer, secret: Buffer): boolean => {
    const signed = signedHeadersOf(request);
    if (!isOnTime(signed, now()) || !signatureHolds(signed, body, secret)) return false;
    return proofHolds(signed.signature, request.headers[proofHeader], config.enrolment_proof_bits);
  };

  /** New installations without a token or proof of work share one rate limit. @throws Refusal */
  const admitNew = (request: FastifyRequest, reply: FastifyReply, body: Buffer, secret: Buffer): void => {
    if (authentication.hasTokens || config.enrolment_proof_bits === 0 || hasProof(request, body, secret)) return;
    const waitSeconds = limits.enrolments.take("", now());
    if (waitSeconds === 0) return;
    reply.header("date", new Date(now()).toUTCString());
    const headers = { [proofBitsHeader]: String(config.enrolment_proof_bits) };
    throw new Refusal(429, "proof_required", { waitSeconds, headers });
  };

  app.post("/v1/telemetry/enroll", { bodyLimit: maxSmallBytes }, async (request, reply) => {
    const body = await bodyOf(request, maxSmallBytes);
    const { id, secret } = enrolmentIn(body);
    const known = await registry.find(id);
    // A repeated enrolment uses neither the rate limit nor the database.
    if (known?.erasure === "none" && known.secret?.equals(secret) === true) return done(reply);
    admitNew(request, reply, body, secret);
    const enrolled = await registry.enroll(id, secret, now());
    if (enrolled === "erased") throw erased();
    if (enrolled === "other") throw new Refusal(409, "enrolled_otherwise");
    return done(reply);
  });

  app.post("/v1/telemetry/rotate", { bodyLimit: maxSmallBytes }, async (request, reply) => {
    const body = await bodyOf(request, maxSmallBytes);
    const id = anonUserIdIn(body);
    if (id === undefined) throw malformed();
    const installation = await authentication.verify(request, reply, body, id, true);
    const rotation = enrolmentIn(body);
    if (rotation.id !== id) throw malformed();
    if (installation.erasure !== "none") throw erased();
    // The previous secret may only repeat the last rotation, whose response may have been lost.
    const { secret: current } = installation;
    const isRepeat = current?.equals(rotation.secret) === true;
    if (current === undefined) throw unavailable();
    if (!isRepeat && !signatureHolds(signedHeadersOf(request), body, current)) throw new Refusal(401, "not_enrolled");
    // Race: another rotation or an erasure came first.
    if (!(await registry.rotateSecret(installation, rotation.secret))) throw new Refusal(401, "not_enrolled");
    return done(reply);
  });
}
