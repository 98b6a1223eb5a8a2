/**
 * The HTTP side: routes of the wire protocol (`docs/reference/wire-protocol.md`), health and the published schemas. Addresses of callers are neither
 * asked for, kept nor logged; there is no access log, and proxies' headers are not believed. Errors never quote what was sent.
 */
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { logEvent } from "../logger.ts";
import { Authentication } from "./authentication.ts";
import { type IngestContext, json, type RouteContext } from "./context.ts";
import { maxBodyBytes } from "./decompress.ts";
import { limitsOf } from "./limits.ts";
import { Refusal, refusalOf, tooMany } from "./refusal.ts";
import { enrolmentRoutes } from "./routes/enrolment.ts";
import { erasureRoutes } from "./routes/erasure.ts";
import { eventsRoute } from "./routes/events.ts";
import { publicRoutes } from "./routes/public.ts";

/** Refusals that cost the server work for somebody unknown. */
const limited: ReadonlySet<number> = new Set([400, 401, 403, 409, 413, 415, 422]);

/** What a refusal becomes where too many were given. Who has a wrong clock, or was forgotten, still learns what to do. */
function limitedRefusal(refusal: Refusal, waitSeconds: number): Refusal {
  if (refusal.error === "clock_skew") return refusal;
  return refusal.error === "not_enrolled" ? new Refusal(429, "not_enrolled", { waitSeconds }) : tooMany(waitSeconds);
}

/** A server without routes that refuses browsers' pages, and says in JSON what it refuses. `judged`: what a refusal becomes. */
export function plainApp(
  requestMs: number,
  judged: (refusal: Refusal, request: FastifyRequest) => Refusal,
): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    trustProxy: false,
    // A request that is slow to arrive ends its connection; while a handler works, nothing does.
    requestTimeout: requestMs,
    connectionTimeout: 0,
    http: { headersTimeout: Math.min(10_000, requestMs), maxHeaderSize: 16_384, connectionsCheckingInterval: 1_000 },
    routerOptions: { maxParamLength: 64 },
    // What an error says may quote the request.
    frameworkErrors: (_error, _request, reply) => {
      const answer: FastifyReply = reply as never;
      void answer.code(400).type(json).send('{"error":"malformed"}');
    },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  const methods = new Map<string, string[]>();
  app.addHook("onRoute", ({ path, method }) => {
    methods.set(path, (methods.get(path) ?? []).concat(method));
  });
  app.addHook("onRequest", async ({ headers, is404, url }) => {
    // Programs send none; a page in a browser always does.
    if (headers.origin !== undefined) throw new Refusal(403, "origin");
    if (is404) throw missing(url, methods);
  });
  app.setErrorHandler((error, request, reply) => {
    const refusal = judged(refusalOf(error), request);
    if (refusal.error === "unavailable") logEvent({ event: "request_failed", error });
    if (refusal.waitSeconds !== undefined) reply.header("retry-after", refusal.waitSeconds);
    reply
      .code(refusal.status)
      .headers(refusal.headers)
      .type(json)
      .send(JSON.stringify({ error: refusal.error }));
  });
  return app;
}

/** 405 for a wrong method, 404 for a wrong path. `methods`: by route path. */
function missing(url: string, methods: ReadonlyMap<string, readonly string[]>): Refusal {
  const [path = ""] = url.split("?");
  for (const [route, allowed] of methods) {
    if (new RegExp(`^${route.replaceAll(/:\w+/g, "[^/]+")}$`).test(path))
      return new Refusal(405, "method_not_allowed", { headers: { allow: allowed.join(", ") } });
  }
  return new Refusal(404, "not_found");
}

export function ingestApp(context: IngestContext): FastifyInstance {
  const { config, registry, watch, now } = context;
  const limits = limitsOf(config);
  const tokens = config.tokens.split(",").filter((token) => token !== "");
  const authentication = new Authentication({ tokens, registry, limits, now });
  const routes: RouteContext = { ...context, authentication, limits };
  const app = plainApp(config.request_seconds * 1_000, (refusal, request) => {
    const isFree = !limited.has(refusal.status) || authentication.isAuthenticated(request);
    const wait = isFree ? 0 : limits.refused.take("", now());
    const judged = wait > 0 ? limitedRefusal(refusal, wait) : refusal;
    watch.requestRefused(judged.status, judged.error);
    return judged;
  });
  for (const add of [eventsRoute, enrolmentRoutes, erasureRoutes, publicRoutes]) add(app, routes);
  return app;
}
