/** The operator's own address: metrics, and the rotation of receipt keys, which needs the token of the file in the data folder. */
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
  /** It listens to this machine only. */
  readonly isLoopback: boolean;
}

const requestMs = 30_000;

/** `token`: read from the operator file in the data folder. */
export function operatorApp({ registry, watch, isReady, isLoopback }: OperatorContext, token: string): FastifyInstance {
  const app = plainApp(requestMs, (refusal) => refusal);
  // A name that was made to lead to this machine (DNS rebinding) is no address of ours.
  app.addHook("onRequest", async ({ hostname }) => {
    if (isLoopback && !/^(?:localhost|127\.0\.0\.1|\[?::1\]?)$/.test(hostname)) throw new Refusal(403, "host");
  });
  app.get("/metrics", async (_request, reply) =>
    reply.type(watch.metrics.contentType).send(await watch.metrics.metrics()),
  );
  readinessRoute(app, isReady);
  app.post("/keys/rotate", async ({ headers }, reply) => {
    const given = Buffer.from(headers.authorization ?? "");
    const own = Buffer.from(`Bearer ${token}`);
    if (given.length !== own.length || !timingSafeEqual(given, own)) throw new Refusal(401, "token");
    return reply.type(json).send(JSON.stringify({ key_id: await registry.rotateKey() }));
  });
  return app;
}

export const newOperatorToken = (): string => randomBytes(32).toString("base64url");
