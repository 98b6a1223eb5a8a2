/** Limits bind: with default limits, one client cannot slow down the others. */
import { randomBytes, randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { type HttpResponse, Sender } from "./test/sender.ts";
import { startTestServer } from "./test/test-server.ts";

/** The limits as they are by default. */
const byDefault = { NEXUS_CLOUD_REQUESTS_PER_MINUTE: "600" };
const one = await startTestServer(byDefault);

const words = (answers: readonly HttpResponse[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { status, text } of answers) {
    const word = `${status} ${JSON.parse(text).error ?? "ok"}`;
    counts[word] = (counts[word] ?? 0) + 1;
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

it("limits requests of unknown clients, counts the refusals, and serves known ones", async () => {
  const honest = await enrolled(one.server.url);
  const strangers = Array.from({ length: 10 }, () => new Sender(one.server.url));
  const big = "x".repeat(100_000);
  const answers = await Promise.all(
    Array.from({ length: 800 }, (_, n) => {
      const sender = strangers[n % strangers.length] ?? honest;
      return sender.send(sender.batch([{ ...sender.event(), big }]));
    }),
  );
  const counts = words(answers);
  expect(Object.keys(counts).sort()).toEqual(["401 not_enrolled", "429 not_enrolled"]);
  expect(counts["401 not_enrolled"]).toBeLessThan(700);
  expect(answers.find(({ status }) => status === 429)?.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
  expect((await honest.send(honest.batch([honest.event()]))).status).toBe(200);
  const label = 'nexus_requests_refused_total{status="429",error="not_enrolled"}';
  expect(await metric(one.server.operatorUrl, label)).toBeGreaterThanOrEqual(counts["429 not_enrolled"] ?? 0);
  // Whoever has a wrong clock still learns so.
  const body = honest.batch([honest.event()]);
  const late = honest.headers(body, JSON.parse(body).batch_id, Math.floor(Date.now() / 1_000) - 400);
  expect(words([await honest.ask("events", { method: "POST", body, headers: late })])).toEqual({ "401 clock_skew": 1 });
});

it("enrols newcomers during a flood of enrolments, and always accepts enrolled clients", async () => {
  const known = await enrolled(one.server.url);
  const attempt = () => new Sender(one.server.url).enroll();
  const attempts = words(await Promise.all(Array.from({ length: 300 }, attempt)));
  expect(attempts["429 proof_required"]).toBeGreaterThan(200);
  let going = true;
  const attack = Array.from({ length: 8 }, async () => {
    while (going) await attempt();
  });
  // As the protocol has it: first without a proof, then with the number of bits that the server asks for.
  const newcomers = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const sender = new Sender(one.server.url);
      const first = await sender.enroll();
      if (first.status !== 429) return first;
      expect(JSON.parse(first.text)).toEqual({ error: "proof_required" });
      return sender.enrollWithProof(Number(first.headers.get("nexus-proof-bits")));
    }),
  );
  expect((await known.enroll()).status).toBe(200);
  going = false;
  await Promise.all(attack);
  expect(newcomers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
});

it("takes no proof twice, none of another one, and none that is too small", async () => {
  const { server } = one;
  // The turns without a proof are taken.
  await Promise.all(Array.from({ length: 70 }, () => new Sender(server.url).enroll()));
  const [sender, thief] = [new Sender(server.url), new Sender(server.url)];
  expect(words([await sender.enrollWithProof(2)])).toEqual({ "429 proof_required": 1 });
  const secret = sender.secret.toString("base64");
  const body = JSON.stringify({ anon_user_id: sender.id, secret });
  const proof = { "nexus-proof": "0", ...sender.headers(body, randomUUID()) };
  const stolen = JSON.stringify({ anon_user_id: thief.id, secret: randomBytes(32).toString("base64") });
  expect(words([await thief.ask("enroll", { method: "POST", body: stolen, headers: proof })])).toEqual({
    "429 proof_required": 1,
  });
  expect((await sender.enrollWithProof(16)).status).toBe(200);
}, 20_000);

it("limits the events a minute of each new pseudonym and of all new ones together", async () => {
  const fresh = await Promise.all(Array.from({ length: 12 }, () => enrolled(one.server.url)));
  const batchOf = (sender: Sender) => sender.batch(Array.from({ length: 1_000 }, () => sender.event()));
  const answers = await Promise.all(
    Array.from({ length: 96 }, (_, n) => {
      const sender = fresh[n % fresh.length];
      if (sender === undefined) throw new Error("no sender");
      return sender.send(batchOf(sender));
    }),
  );
  const counts = words(answers);
  // 6,000 a minute of each, 60,000 of all; some seconds have passed.
  expect(counts["200 ok"]).toBeGreaterThan(0);
  expect(counts["200 ok"]).toBeLessThanOrEqual(85);
  expect(counts["429 too_many"]).toBeGreaterThan(0);
}, 60_000);
