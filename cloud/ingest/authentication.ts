/**
 * Who a request comes from. Enrolled, unknown and erased pseudonyms are answered alike without a valid signature, and nothing of a body is
 * parsed before it: the pseudonym is searched in its bytes.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Limits } from "./context.ts";
import { decompress } from "./decompress.ts";
import type { Installation } from "./installation.ts";
import { Refusal, tooMany } from "./refusal.ts";
import type { Registry } from "./registry.ts";
import { isOnTime, type SignedHeaders, signatureHolds, signedHeadersOf } from "./signature.ts";

const uuid = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
export const anonUserIdPattern = new RegExp(`^${uuid}$`);
const field = Buffer.from('"anon_user_id"');
const valueAfter = new RegExp(`^\\s*:\\s*"(${uuid})"`);

/** The first pseudonym that a body names; what was signed for another one is found out once it is parsed. */
export function anonUserIdIn(body: Buffer): string | undefined {
  const at = body.indexOf(field);
  if (at === -1) return undefined;
  return valueAfter.exec(body.toString("latin1", at + field.length, at + field.length + 80))?.[1];
}

/** More than a body without events has. */
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
  /** Unknown pseudonyms take as long as others. */
  readonly #noSecret = randomBytes(32);
  readonly #authenticated = new WeakSet<FastifyRequest>();

  constructor(parts: AuthenticationParts) {
    this.#parts = parts;
  }

  /** Checks the bearer token, where the operator configured some. @throws Refusal */
  admit({ headers }: FastifyRequest): void {
    const { tokens } = this.#parts;
    if (tokens.length === 0) return;
    const given = Buffer.from((headers.authorization ?? "").replace(/^Bearer /, ""));
    const holds = tokens.some((token) => {
      const own = Buffer.from(token);
      return own.length === given.length && timingSafeEqual(own, given);
    });
    if (!holds) throw new Refusal(headers.authorization === undefined ? 401 : 403, "token");
  }

  /** Whether new installations need a token. */
  get hasTokens(): boolean {
    return this.#parts.tokens.length > 0;
  }

  /**
   * The installation whose secret signed the request. `withPrevious`: the secret before the last rotation counts as well.
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
    const found = await registry.find(anonUserId);
    const secrets = [found?.secret, withPrevious ? found?.previousSecret : undefined].filter(
      (one) => one !== undefined,
    );
    const holds = (secrets.length === 0 ? [this.#noSecret] : secrets).some((one) => signatureHolds(signed, body, one));
    if (found === undefined || secrets.length === 0 || !holds) throw new Refusal(401, "not_enrolled");
    this.#authenticated.add(request);
    const wait = limits.requests.take(anonUserId, now());
    if (wait > 0) throw tooMany(wait);
    return found;
  }

  /** The headers of a signature of these minutes; the client corrects its clock by the answer's `date`. @throws Refusal */
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
