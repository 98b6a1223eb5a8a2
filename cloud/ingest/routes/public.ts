/**
 * Public routes without authentication: receipt keys, schemas, OpenAPI description, liveness and
 * readiness.
 */
import type { FastifyInstance } from "fastify";
import { uploadSchemas } from "../../../shared/schema/upload-schemas.ts";
import { json, type RouteContext } from "../context.ts";
import { openApi } from "../open-api.ts";
import { readinessRoute } from "./readiness.ts";

/** `usage-batch-2.schema.json` → 2. */
const versionOf = (name: string): number => Number(/-(\d+)\./.exec(name)?.[1]);

export function publicRoutes(app: FastifyInstance, { config, registry, isReady }: RouteContext): void {
  app.get("/v1/telemetry/keys", async (_request, reply) => {
    const keys = registry.keys.map(({ id, public: key, signedBy }) => ({
      key_id: id,
      public_key: key,
      ...(signedBy === undefined ? {} : { signed_by: signedBy }),
    }));
    return reply.type(json).send(JSON.stringify({ keys }));
  });
  app.get("/v1/telemetry/schema", async (_request, reply) => {
    const accepted = [...uploadSchemas()].filter(([name]) => versionOf(name) <= config.upload_schema);
    const schemas = Object.fromEntries(accepted.map(([name, text]) => [name, JSON.parse(text)]));
    return reply.type(json).send(JSON.stringify(schemas));
  });
  app.get("/openapi.json", async (_request, reply) => reply.type(json).send(JSON.stringify(openApi())));
  app.get("/healthz", async (_request, reply) => reply.type(json).send('{"alive":true}'));
  readinessRoute(app, isReady);
}
