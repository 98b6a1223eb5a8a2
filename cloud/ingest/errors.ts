/** Turns every error into a refusal as JSON, and refuses browser pages, unknown routes and wrong methods. Never quotes the request. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { logEvent } from "../logger.ts";
import { json } from "./context.ts";
import { Refusal, refusalOf } from "./refusal.ts";

/** May replace a refusal before it is sent. */
export type MapRefusal = (refusal: Refusal, request: FastifyRequest) => Refusal;

export function addErrorHandling(app: FastifyInstance, mapRefusal: MapRefusal): void {
  const methods = new Map<string, string[]>();
  app.addHook("onRoute", ({ path, method }) => {
    methods.set(path, (methods.get(path) ?? []).concat(method));
  });
  app.addHook("onRequest", async ({ headers, is404, url }) => {
    // Browser pages always send this header; clients never do.
    if (headers.origin !== undefined) throw new Refusal(403, "origin");
    if (is404) throw unknownRoute(url, methods);
  });
  app.setErrorHandler((error, request, reply) => {
    const refusal = mapRefusal(refusalOf(error), request);
    if (refusal.error === "unavailable") logEvent({ event: "request_failed", error });
    if (refusal.waitSeconds !== undefined) reply.header("retry-after", refusal.waitSeconds);
    reply
      .code(refusal.status)
      .headers(refusal.headers)
      .type(json)
      .send(JSON.stringify({ error: refusal.error }));
  });
}

/** Returns 405 for a wrong method and 404 for an unknown path. `methods`: route path → methods. */
function unknownRoute(url: string, methods: ReadonlyMap<string, readonly string[]>): Refusal {
  const [path = ""] = url.split("?");
  for (const [route, allowed] of methods) {
    if (new RegExp(`^${route.replaceAll(/:\w+/g, "[^/]+")}$`).test(path))
      return new Refusal(405, "method_not_allowed", { headers: { allow: allowed.join(", ") } });
  }
  return new Refusal(404, "not_found");
}
