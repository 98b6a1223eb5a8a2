/**
 * The operator's HTTP address: metrics and readiness without, rotation of receipt keys with a
 * token.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { FastifyInstance } from "fastify";
import type { ServerMetrics } from "../metrics.ts";
import { plainApp } from "./app.ts";
import { json } from "./context.ts";
import { Refusal } from "./refusal.ts";
import type { Registry } from "./registry.ts";
import { readinessRoute } from "./routes/readiness.ts";

export interface OperatorContext {
  readonly registry: Registry;
  readonly watch: ServerMetrics;
  readonly isReady: () => Promise<boolean>;
  /** The server listens on loopback only. */
  readonly isLoopback: boolean;
  /** Adds the routes of other parts; all of them need the token. */
  readonly addRoutes: (app: FastifyInstance) => void;
}

const requestMs = 30_000;

/** `token` is stored in the operator file of the data folder. */
export function operatorApp(context: OperatorContext, token: string): FastifyInstance {
  const { registry, watch, isReady, isLoopback, addRoutes } = context;
  const app = plainApp(requestMs, (refusal) => refusal);
  // DNS rebinding: a foreign host name may resolve to loopback.
  app.addHook("onRequest", async ({ hostname }) => {
    if (isLoopback && !/^(?:localhost|127\.0\.0\.1|\[?::1\]?)$/.test(hostname)) throw new Refusal(403, "host");
  });
  app.get("/metrics", async (_request, reply) =>
    reply.type(watch.metrics.contentType).send(await watch.metrics.metrics()),
  );
  readinessRoute(app, isReady);
  app.register((scope, _options, done) => {
    scope.addHook("onRequest", async ({ headers }) => {
      const received = Buffer.from(headers.authorization ?? "");
      const expected = Buffer.from(`Bearer ${token}`);
      if (received.length !== expected.length || !timingSafeEqual(received, expected)) throw new Refusal(401, "token");
    });
    scope.post("/keys/rotate", async (_request, reply) =>
      reply.type(json).send(JSON.stringify({ key_id: await registry.rotateKey() })),
    );
    addRoutes(scope);
    done();
  });
  return app;
}

export const newOperatorToken = (): string => randomBytes(32).toString("base64url");
