/** The HTTP address of the query API. Every request needs a key; it has an hourly limit, against questions that isolate users. */
import type { FastifyInstance } from "fastify";
import { plainApp } from "../../ingest/app.ts";
import { RateLimit } from "../../ingest/rate-limit.ts";
import { Refusal, tooMany } from "../../ingest/refusal.ts";
import type { Analytics } from "../analytics.ts";
import type { ApiKeys } from "./api-keys.ts";
import { analyticsRoutes } from "./routes.ts";

/** Questions of one key in an hour. */
const maxQuestionsPerHour = 600;
/** Time for an answer. Milliseconds. */
const requestMs = 60_000;

export interface AnalyticsAppParts {
  readonly analytics: Analytics;
  readonly apiKeys: ApiKeys;
  readonly now: () => number;
}

export function analyticsApp({ analytics, apiKeys, now }: AnalyticsAppParts): FastifyInstance {
  const app = plainApp(requestMs, (refusal) => refusal);
  const questions = new RateLimit(maxQuestionsPerHour, 60);
  app.addHook("onRequest", async ({ headers }) => {
    const key = await apiKeys.find((headers.authorization ?? "").replace(/^Bearer /, ""));
    if (key === undefined) throw new Refusal(401, "token");
    const wait = questions.take(key.id, now());
    if (wait > 0) throw tooMany(wait);
  });
  analyticsRoutes(app, analytics);
  return app;
}
