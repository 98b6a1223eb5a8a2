/** On a server with tokens, every route except the public ones requires one. */
import { randomBytes, randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { Sender } from "../test/sender.ts";
import { startTestServer } from "../test/test-server.ts";
import { openApi } from "./open-api.ts";

const tokens = [randomBytes(16).toString("hex"), randomBytes(16).toString("hex")];
const { server } = await startTestServer({ NEXUS_CLOUD_TOKENS: tokens.join(",") });

const publicPaths = new Set([
  "GET /v1/telemetry/keys",
  "GET /v1/telemetry/schema",
  "GET /openapi.json",
  "GET /healthz",
  "GET /readyz",
]);

/** Every route of the interface, with an ID in place of a parameter. */
const routes = Object.entries((openApi() as { paths: Record<string, object> }).paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path: path.replace(/\{\w+\}/, randomUUID()) })),
);

it.each(routes)("admits $method $path only with a token, or if it is public", async ({ method, path }) => {
  const statuses = [];
  for (const authorization of [undefined, `Bearer ${tokens[0]}x`, `Bearer ${tokens.join(",")}`, "Bearer "]) {
    const headers = authorization === undefined ? {} : { authorization };
    const body = method === "GET" ? {} : { body: "{}" };
    const response = await fetch(`${server.url}${path}`, { method, headers, ...body });
    statuses.push(response.status);
    if (path.endsWith("/events")) expect(response.headers.get("accept-encoding")).toBe("zstd, gzip");
    if (!response.ok) expect(JSON.parse(await response.text()).error).toBe("token");
  }
  expect(statuses).toEqual(publicPaths.has(`${method} ${path}`) ? [200, 200, 200, 200] : [401, 403, 403, 403]);
});

it("knows all public routes and no others", () => {
  const known = routes.map(({ method, path }) => `${method} ${path}`);
  expect([...publicPaths].filter((path) => !known.includes(path))).toEqual([]);
});

it.each(tokens)("admits the token %# of several", async (token) => {
  const sender = new Sender(server.url);
  const authorization = { authorization: `Bearer ${token}` };
  const body = JSON.stringify({ anon_user_id: sender.id, secret: sender.secret.toString("base64") });
  const headers = { "content-type": "application/json", ...authorization };
  expect((await sender.ask("enroll", { method: "POST", body, headers })).status).toBe(200);
  expect((await sender.send(sender.batch([sender.event()]), authorization)).status).toBe(200);
  expect((await sender.send(sender.batch([sender.event()]))).status).toBe(401);
});
