/**
 * Authenticates requests by signature. Without a valid one, enrolled, unknown and erased pseudonyms
 * get the same response. Bodies are not parsed before that: the pseudonym is searched in the bytes.
 */

import { randomBytes, timingSafeEqual } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { uuidSource, uuidV4Pattern } from "../../shared/schema/uuid-pattern.ts";
import type { Limits } from "./context.ts";
import { decompress } from "./decompress.ts";
import type { Installation } from "./installation.ts";
import { Refusal, tooMany } from "./refusal.ts";
import type { Registry } from "./registry.ts";
import { isOnTime, type SignedHeaders, signatureHolds, signedHeadersOf } from "./signature.ts";

export const anonUserIdPattern = uuidV4Pattern;
const field = Buffer.from('"anon_user_id"');
const valueAfter = new RegExp(`^\\s*:\\s*"(${uuidSource(4)})"`);

/** Finds the first pseudonym in a body. The route compares it with the parsed body afterwards. */
export function anonUserIdIn(body: Buffer): string | undefined {
  const at = body.indexOf(field);
  if (at === -1) return undefined;
  return valueAfter.exec(body.toString("latin1", at + field.length, at + field.length + 80))?.[1];
}

/** Limit for bodies without events (enrolment, rotation, erasure). */
export const maxSmallBytes = 4_096;

export const bodyOf = ({ body, headers }: FastifyRequest, maxBytes?: number): Promise<Buffer> =>
  decompress(Buffer.isBuffer(body) ? body : Buffer.alloc(0), headers["content-encoding"], maxBytes);

export interface AuthenticationParts {
  readonly tokens: readonly string[];
  readonly registry: Registry;
  readonly limits: Limits;
  readonly now: () => number;
}

export class Authentication {
  readonly #parts: AuthenticationParts;
  /** Verified for unknown pseudonyms, so that response times do not reveal which ones exist. */
  readonly #dummySecret = randomBytes(32);
  readonly #authenticated = new WeakSet<FastifyRequest>();

  constructor(parts: AuthenticationParts) {
    this.#parts = parts;
  }

  /** Checks the bearer token if tokens are configured. @throws Refusal */
  admit({ headers }: FastifyRequest): void {
    const { tokens } = this.#parts;
    if (tokens.length === 0) return;
    const received = Buffer.from((headers.authorization ?? "").replace(/^Bearer /, ""));
    const isKnown = tokens.some((token) => {
      const expected = Buffer.from(token);
      return expected.length === received.length && timingSafeEqual(expected, received);
    });
    if (!isKnown) throw new Refusal(headers.authorization === undefined ? 401 : 403, "token");
  }

  /** Whether new installations need a token. */
  get hasTokens(): boolean {
    return this.#parts.tokens.length > 0;
  }

  /**
   * Returns the installation whose secret signed the request. `withPrevious` also accepts the
   * secret before the last rotation.
   * @throws Refusal; the registry's error.
   */
  async verify(
    request: FastifyRequest,
    reply: FastifyReply,
    body: Buffer,
    anonUserId: string,
    withPrevious = false,
  ): Promise<Installation> {
    const { registry, limits, now } = this.#parts;
    const signed = this.onTime(request, reply);
    const installation = await registry.find(anonUserId);
    const previous = withPrevious ? installation?.previousSecret : undefined;
    const secrets = [installation?.secret, previous].filter((secret) => secret !== undefined);
    const isValid = (secrets.length === 0 ? [this.#dummySecret] : secrets).some((secret) =>
      signatureHolds(signed, body, secret),
    );
    if (installation === undefined || secrets.length === 0 || !isValid) throw new Refusal(401, "not_enrolled");
    this.#authenticated.add(request);
    const wait = limits.requests.take(anonUserId, now());
    if (wait > 0) throw tooMany(wait);
    return installation;
  }

  /**
   * Returns the signature headers if the timestamp is recent. Clients correct their clock by
   * `date`.
   * @throws Refusal
   */
  onTime(request: FastifyRequest, reply: FastifyReply): SignedHeaders {
    const nowMs = this.#parts.now();
    reply.header("date", new Date(nowMs).toUTCString());
    const signed = signedHeadersOf(request);
    if (!isOnTime(signed, nowMs)) throw new Refusal(401, "clock_skew");
    return signed;
  }

  isAuthenticated(request: FastifyRequest): boolean {
    return this.#authenticated.has(request);
  }
}
