/** With the default limits, one client cannot slow down the others. */
import { randomBytes, randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { type HttpResponse, Sender } from "./test/sender.ts";
import { startTestServer } from "./test/test-server.ts";

/** Test servers have no limit by default; this is the product's default. */
const defaultLimits = { NEXUS_CLOUD_REQUESTS_PER_MINUTE: "600" };
const { server } = await startTestServer(defaultLimits);

const countOutcomes = (responses: readonly HttpResponse[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { status, text } of responses) {
    const outcome = `${status} ${JSON.parse(text).error ?? "ok"}`;
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
};

async function enrolled(url: string): Promise<Sender> {
  const sender = new Sender(url);
  expect((await sender.enrollWithProof(16)).status).toBe(200);
  return sender;
}

const metric = async (url: string, name: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(
    text
      .split("\n")
      .find((line) => line.startsWith(`${name} `))
      ?.split(" ")[1] ?? 0,
  );
};

it("limits and counts requests of unknown clients and serves known ones", async () => {
  const honest = await enrolled(server.url);
  const strangers = Array.from({ length: 10 }, () => new Sender(server.url));
  const big = "x".repeat(100_000);
  const responses = await Promise.all(
    Array.from({ length: 800 }, (_, n) => {
      const sender = strangers[n % strangers.length] ?? honest;
      return sender.send(sender.batch([{ ...sender.event(), big }]));
    }),
  );
  const counts = countOutcomes(responses);
  expect(Object.keys(counts).sort()).toEqual(["401 not_enrolled", "429 not_enrolled"]);
  expect(counts["401 not_enrolled"]).toBeLessThan(700);
  expect(responses.find(({ status }) => status === 429)?.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
  expect((await honest.send(honest.batch([honest.event()]))).status).toBe(200);
  const label = 'nexus_requests_refused_total{status="429",error="not_enrolled"}';
  expect(await metric(server.operatorUrl, label)).toBeGreaterThanOrEqual(counts["429 not_enrolled"] ?? 0);
  // A client with a wrong clock still gets that reason.
  const body = honest.batch([honest.event()]);
  const late = honest.headers(body, JSON.parse(body).batch_id, Math.floor(Date.now() / 1_000) - 400);
  expect(countOutcomes([await honest.ask("events", { method: "POST", body, headers: late })])).toEqual({
    "401 clock_skew": 1,
  });
});

it("enrols newcomers during a flood of enrolments and always accepts enrolled clients", async () => {
  const known = await enrolled(server.url);
  const attempt = () => new Sender(server.url).enroll();
  const attempts = countOutcomes(await Promise.all(Array.from({ length: 300 }, attempt)));
  expect(attempts["429 proof_required"]).toBeGreaterThan(200);
  let running = true;
  const attack = Array.from({ length: 8 }, async () => {
    while (running) await attempt();
  });
  // As in the protocol: first without a proof, then with the number of bits that the server
  // requires.
  const newcomers = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const sender = new Sender(server.url);
      const first = await sender.enroll();
      if (first.status !== 429) return first;
      expect(JSON.parse(first.text)).toEqual({ error: "proof_required" });
      return sender.enrollWithProof(Number(first.headers.get("nexus-proof-bits")));
    }),
  );
  expect((await known.enroll()).status).toBe(200);
  running = false;
  await Promise.all(attack);
  expect(newcomers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
});

it("rejects a proof of work that is too small or from another request", async () => {
  // Uses up the enrolments without a proof.
  await Promise.all(Array.from({ length: 70 }, () => new Sender(server.url).enroll()));
  const [sender, thief] = [new Sender(server.url), new Sender(server.url)];
  expect(countOutcomes([await sender.enrollWithProof(2)])).toEqual({ "429 proof_required": 1 });
  const secret = sender.secret.toString("base64");
  const body = JSON.stringify({ anon_user_id: sender.id, secret });
  const proof = { "nexus-proof": "0", ...sender.headers(body, randomUUID()) };
  const stolen = JSON.stringify({ anon_user_id: thief.id, secret: randomBytes(32).toString("base64") });
  expect(countOutcomes([await thief.ask("enroll", { method: "POST", body: stolen, headers: proof })])).toEqual({
    "429 proof_required": 1,
  });
  expect((await sender.enrollWithProof(16)).status).toBe(200);
}, 20_000);

it("limits the events per minute of each new pseudonym and of all new ones together", async () => {
  const newcomers = await Promise.all(Array.from({ length: 12 }, () => enrolled(server.url)));
  const batchOf = (sender: Sender) => sender.batch(Array.from({ length: 1_000 }, () => sender.event()));
  const responses = await Promise.all(
    Array.from({ length: 96 }, (_, n) => {
      const sender = newcomers[n % newcomers.length];
      if (sender === undefined) throw new Error("no sender");
      return sender.send(batchOf(sender));
    }),
  );
  const counts = countOutcomes(responses);
  // 6,000 per minute each, 60,000 for all; the upper bound allows for elapsed seconds.
  expect(counts["200 ok"]).toBeGreaterThan(0);
  expect(counts["200 ok"]).toBeLessThanOrEqual(85);
  expect(counts["429 too_many"]).toBeGreaterThan(0);
}, 60_000);
