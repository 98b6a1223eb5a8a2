/**
 * The HTTP server: routes of the wire protocol (`docs/reference/wire-protocol.md`), health,
 * schemas. Never stores or logs client addresses, keeps no access log, and ignores proxy headers.
 * Errors never quote the request.
 */
import Fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import { Authentication } from "./authentication.ts";
import { type IngestContext, json, type RouteContext } from "./context.ts";
import { maxBodyBytes } from "./decompress.ts";
import { addErrorHandling, type MapRefusal } from "./errors.ts";
import { limitsOf } from "./limits.ts";
import { Refusal, tooMany } from "./refusal.ts";
import { enrolmentRoutes } from "./routes/enrolment.ts";
import { erasureRoutes } from "./routes/erasure.ts";
import { eventsRoute } from "./routes/events.ts";
import { publicRoutes } from "./routes/public.ts";

/** Statuses of refusals that count against the rate limit of unknown clients. */
const limited: ReadonlySet<number> = new Set([400, 401, 403, 409, 413, 415, 422]);

/**
 * Replaces a refusal over the rate limit. A client with a wrong clock or a lost enrolment still
 * sees the reason.
 */
function limitedRefusal(refusal: Refusal, waitSeconds: number): Refusal {
  if (refusal.error === "clock_skew") return refusal;
  return refusal.error === "not_enrolled" ? new Refusal(429, "not_enrolled", { waitSeconds }) : tooMany(waitSeconds);
}

/**
 * Creates a server without routes that rejects browser pages and reports refusals as JSON.
 * `mapRefusal` may replace a refusal before it is sent.
 */
export function plainApp(requestMs: number, mapRefusal: MapRefusal): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    trustProxy: false,
    // A request that arrives too slowly closes its connection; a slow handler does not.
    requestTimeout: requestMs,
    connectionTimeout: 0,
    http: { headersTimeout: Math.min(10_000, requestMs), maxHeaderSize: 16_384, connectionsCheckingInterval: 1_000 },
    routerOptions: { maxParamLength: 64 },
    // The framework's messages may quote the request.
    frameworkErrors: (_error, _request, reply) => {
      const response: FastifyReply = reply as never;
      void response.code(400).type(json).send('{"error":"malformed"}');
    },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  addErrorHandling(app, mapRefusal);
  return app;
}

export function ingestApp(context: IngestContext): FastifyInstance {
  const { config, registry, watch, now } = context;
  const limits = limitsOf(config);
  const tokens = config.tokens.split(",").filter((token) => token !== "");
  const authentication = new Authentication({ tokens, registry, limits, now });
  const routes: RouteContext = { ...context, authentication, limits };
  const app = plainApp(config.request_seconds * 1_000, (refusal, request) => {
    const isUnlimited = !limited.has(refusal.status) || authentication.isAuthenticated(request);
    const wait = isUnlimited ? 0 : limits.refused.take("", now());
    const sent = wait > 0 ? limitedRefusal(refusal, wait) : refusal;
    watch.requestRefused(sent.status, sent.error);
    return sent;
  });
  publicRoutes(app, routes);
  // Every route in this scope requires a token, if tokens are configured.
  app.register((scope, _options, done) => {
    scope.addHook("preHandler", async (request) => authentication.admit(request));
    for (const add of [eventsRoute, enrolmentRoutes, erasureRoutes]) add(scope, routes);
    done();
  });
  return app;
}
