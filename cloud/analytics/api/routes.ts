/** The routes of the query API, `POST /v1/analytics/…`, and of the catalogue of metrics. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import * as z from "zod";
import { bodyOf } from "../../ingest/authentication.ts";
import { json } from "../../ingest/context.ts";
import { Refusal } from "../../ingest/refusal.ts";
import { type Analytics, type Answer, questionKindNames } from "../analytics.ts";
import { metricNames, metricOf } from "../metrics/catalogue.ts";
import { QuestionError } from "../relation.ts";
import { answerTable, csvOf } from "./answer-table.ts";
import type { ApiKeys } from "./api-keys.ts";

/** A funnel of ten steps with filters has about 4,000. */
const maxQuestionBytes = 16_384;

const csv = "text/csv; charset=utf-8";

/** The metrics with their definitions, as the API describes them. */
export const catalogueText = (): string =>
  JSON.stringify({
    metrics: metricNames.map((name) => {
      const { source: _, empty: __, ...described } = metricOf(name);
      return { id: name, ...described };
    }),
  });

export function analyticsRoutes(app: FastifyInstance, analytics: Analytics): void {
  app.get("/v1/analytics/metrics", async (_request, reply) => reply.type(json).send(catalogueText()));
  for (const name of questionKindNames)
    app.post(`/v1/analytics/${name}`, async (request, reply) => {
      const question = await questionIn(request);
      try {
        return send(request, reply, await analytics.answer(name, question));
      } catch (error) {
        if (!(error instanceof QuestionError)) throw error;
        return reply
          .code(400)
          .type(json)
          .send(JSON.stringify({ error: "question", message: error.message }));
      }
    });
}

const keyForm = z.strictObject({ name: z.string().min(1).max(64) });
const revocation = z.strictObject({ id: z.string().min(1).max(64) });

/** Creates, lists and revokes keys of the query API; for the operator. */
export function apiKeyRoutes(app: FastifyInstance, apiKeys: ApiKeys, now: () => number): void {
  app.get("/api-keys", async (_request, reply) => reply.type(json).send(JSON.stringify(await apiKeys.list())));
  app.post("/api-keys", async (request, reply) => {
    const { name } = formIn(keyForm, await questionIn(request));
    return reply.type(json).send(JSON.stringify(await apiKeys.create(name, now())));
  });
  app.post("/api-keys/revoke", async (request, reply) => {
    const { id } = formIn(revocation, await questionIn(request));
    return reply.type(json).send(JSON.stringify({ revoked: await apiKeys.revoke(id, now()) }));
  });
}

/** @throws Refusal */
function formIn<T>(form: z.ZodType<T>, body: unknown): T {
  const parsed = form.safeParse(body);
  if (!parsed.success) throw new Refusal(400, "malformed");
  return parsed.data;
}

/** @throws Refusal */
async function questionIn(request: FastifyRequest): Promise<unknown> {
  const body = await bodyOf(request, maxQuestionBytes);
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new Refusal(400, "malformed");
  }
}

function send({ headers }: FastifyRequest, reply: FastifyReply, answer: Answer): FastifyReply {
  const wantsCsv = /^\s*text\/csv\b/i.test(headers.accept ?? "");
  return wantsCsv ? reply.type(csv).send(csvOf(answerTable(answer))) : reply.type(json).send(JSON.stringify(answer));
}
