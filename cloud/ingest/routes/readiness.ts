/** `GET /readyz`, on the public and the operator's address: whether the server accepts batches. */
import type { FastifyInstance } from "fastify";
import { json } from "../context.ts";

export function readinessRoute(app: FastifyInstance, isReady: () => Promise<boolean>): void {
  app.get("/readyz", async (_request, reply) => {
    const ready = await isReady();
    return reply
      .code(ready ? 200 : 503)
      .type(json)
      .send(JSON.stringify({ ready }));
  });
}
