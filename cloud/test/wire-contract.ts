/**
 * The contract of the wire protocol: what is taken, what is turned away and with which word, and that nothing of it is repeated. Held to with the
 * stores of one process (`embedded-wire.test.ts`) and with servers (`servers.test.ts`).
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type Event, receiptIn, Sender, uuidOf } from "./sender.ts";
import type { TestServer } from "./test-server.ts";

const canary = "canary-9d3e";

const withStart = (event: Event, started_at: string): Event => ({
  ...event,
  session: { ...Object(event["session"]), started_at },
});

export function wireContract({ server, count, filesWith }: TestServer): void {
  async function enrolled(): Promise<Sender> {
    const sender = new Sender(server.url);
    expect(await sender.enroll()).toMatchObject({ status: 200, text: '{"enrolled":true}' });
    return sender;
  }
  const keys = async () => (await fetch(`${server.url}/v1/telemetry/keys`)).text();

  describe("a batch", () => {
    it("is answered with a signed receipt, and the same one again when it is repeated", async () => {
      const sender = await enrolled();
      const body = sender.batch([sender.event(), sender.event(), sender.event()]);
      const first = await sender.send(body);
      expect(first.status).toBe(200);
      expect(receiptIn(first.text, await keys())).toMatchObject({ accepted: 3, duplicates: 0, rejected: 0 });
      expect(await sender.send(body)).toMatchObject({ status: 200, text: first.text });
      // Several at once of one that is new: one is taken, the others get its receipt.
      const other = sender.batch([sender.event()]);
      const together = await Promise.all(Array.from({ length: 5 }, () => sender.send(other)));
      expect(new Set(together.map(({ text }) => text)).size).toBe(1);
      await server.pipeline.drain();
      expect(await count(`SELECT count() n FROM events FINAL WHERE anon_user_id = '${sender.id}'`)).toBe(4);
    });

    it("counts an event once, in whichever batches it comes", async () => {
      const sender = await enrolled();
      const [a, b, c] = [sender.event(), sender.event(), sender.event()];
      const repeats = [];
      for (const events of [
        [a, b],
        [b, c, c],
        [a, b, c],
      ]) {
        const { text } = await sender.send(sender.batch(events));
        repeats.push(receiptIn(text, await keys())["duplicates"]);
      }
      // Within a batch; over batches the warehouse knows.
      expect(repeats).toEqual([0, 1, 0]);
      await server.pipeline.drain();
      const own = `anon_user_id = '${sender.id}'`;
      expect(await count(`SELECT count() n FROM events FINAL WHERE ${own}`)).toBe(3);
      expect(await count("SELECT sum(events) n FROM hourly FINAL")).toBe(
        await count("SELECT count() n FROM events FINAL"),
      );
    });

    it("keeps its good events where one is bad, which is named by its place and ours words alone", async () => {
      const sender = await enrolled();
      const bad = [
        [sender.event({ command: `git ${canary}` }), "command_not_public"],
        [sender.event({ [canary]: canary }), "unknown_field"],
        [{ ...sender.event(), event_type: canary }, "unknown_type"],
        [canary, "not_an_event"],
        [sender.event({}, Date.now() - 86 * 86_400_000), "too_old"],
        [sender.event({}, Date.now() + 2 * 86_400_000), "too_new"],
        [{ ...sender.event(), session: undefined }, "missing_field"],
        [sender.event({ execution: { duration_ms: -1 } }), "bad_value"],
        [withStart(sender.event(), "2026-99-99T99:99:99.999Z"), "bad_value"],
        [Array.from({ length: 2_000 }).reduce<unknown>((inner) => [inner], canary), "not_an_event"],
      ] as const;
      const { status, text } = await sender.send(
        sender.batch([sender.event(), ...bad.map(([event]) => event), sender.event()]),
      );
      expect(status).toBe(200);
      const receipt = receiptIn(text, await keys());
      expect(receipt).toMatchObject({ accepted: 2, rejected: bad.length });
      expect(receipt["rejections"]).toMatchObject(bad.map(([, reason], n) => ({ index: n + 1, reason })));
      expect(text).not.toContain(canary);
      await server.pipeline.drain();
      const byMinute = "SELECT sum(events) FROM refused_by_minute WHERE reason = 'command_not_public'";
      expect(await count(byMinute)).toBe(
        await count("SELECT count() FROM refused WHERE reason = 'command_not_public'"),
      );
      expect(await count(byMinute)).toBeGreaterThan(0);
      expect(filesWith(canary)).toEqual([]);
      expect(await (await fetch(`${server.operatorUrl}/metrics`)).text()).not.toContain(canary);
    });

    it("of schema 1 is taken too, its events known by what makes them one, and none of another's", async () => {
      const sender = await enrolled();
      const one = (seq: number, user = sender.id) => ({
        schema_version: 1,
        anon_user_id: user,
        anon_session_id: "ab".repeat(32),
        ts: Date.now(),
        seq,
        source: "vscode_terminal",
        event_type: "agent_event",
        tool_name: "run_terminal_cmd",
        tool_phase: "start",
        command_path: "git push",
      });
      const other = "5a1c7c1e-0d0b-4f7e-9a53-3c1a4a6f1d11";
      const first = await sender.send(sender.batch([one(1), one(2), one(3, other)], { schema_version: 1 }));
      expect(receiptIn(first.text, await keys())).toMatchObject({
        accepted: 2,
        rejected: 1,
        rejections: [{ index: 2, reason: "other_user" }],
      });
      await sender.send(sender.batch([one(2)], { schema_version: 1 }));
      await server.pipeline.drain();
      const own = `anon_user_id = '${sender.id}'`;
      expect(await count(`SELECT count() n FROM events FINAL WHERE ${own} AND schema_version = 1`)).toBe(2);
      expect(await count(`SELECT count() n FROM events WHERE anon_user_id = '${other}'`)).toBe(0);
    });

    it("may be packed, and no bomb", async () => {
      const sender = await enrolled();
      const body = () => sender.batch([sender.event()]);
      for (const [name, pack] of [
        ["gzip", gzipSync],
        ["zstd", zstdCompressSync],
      ] as const) {
        const text = body();
        expect(await sender.send(text, { "content-encoding": name }, pack(text))).toMatchObject({ status: 200 });
        const bomb = pack("x".repeat(50_000_000));
        expect(await sender.send(body(), { "content-encoding": name }, bomb)).toMatchObject({ status: 413 });
        expect(await sender.send(body(), { "content-encoding": name }, "no pack")).toMatchObject({ status: 400 });
      }
      // Small on the wire and large afterwards, or nested without end: refused before it is parsed.
      const deep = `{"anon_user_id":"${sender.id}","x":${"[".repeat(500_000)}`;
      expect(await sender.send(deep)).toMatchObject({ status: 400 });
      const packed = zstdCompressSync("[".repeat(500_000));
      const headers = { "content-encoding": "zstd" };
      expect(await sender.ask("enroll", { method: "POST", body: packed, headers })).toMatchObject({ status: 413 });
      expect(await sender.send(body(), { "content-encoding": "br" })).toMatchObject({ status: 415 });
      expect((await sender.send(body())).headers.get("accept-encoding")).toBe("zstd, gzip");
    });
  });

  describe("who is turned away", () => {
    it.each([
      ["no JSON", "{", 400, "malformed"],
      ["a bare list", "[]", 400, "malformed"],
      ["no events", '{"schema_version":2,"events":[]}', 400, "malformed"],
      ["another version", '{"schema_version":3}', 422, "unknown_schema_version"],
      ["too much", `"${"x".repeat(1_100_000)}"`, 413, "too_large"],
    ])("%s", async (_what, body, status, error) => {
      const sender = await enrolled();
      const answer = await sender.send(body);
      expect(answer).toMatchObject({ status, text: JSON.stringify({ error: error }) });
    });

    it("whose batch was made an hour ahead of this clock: it waits, and is no bad batch", async () => {
      const sender = await enrolled();
      const answer = await sender.send(sender.batch([sender.event()], { generated_at: Date.now() + 2 * 3_600_000 }));
      expect(answer).toMatchObject({ status: 425, text: '{"error":"clock_ahead"}' });
      expect(Math.abs(Date.parse(answer.headers.get("date") ?? "") - Date.now())).toBeLessThan(5_000);
    });

    it("who has no valid signature, alike whether the pseudonym is enrolled, unknown or erased", async () => {
      const [stranger, known, gone] = [new Sender(server.url), await enrolled(), await enrolled()];
      await gone.send(gone.batch([gone.event()]));
      expect((await gone.erase()).status).toBe(200);
      const forged = () => ({ "webhook-signature": `v1,${randomBytes(32).toString("base64")}` });
      const answers = [];
      for (const sender of [stranger, known, gone]) {
        const body = JSON.stringify({ anon_user_id: sender.id });
        const headers = { ...sender.headers(body, uuidOf(4, "x")), ...forged() };
        answers.push([
          await sender.send(sender.batch([sender.event()]), forged()),
          await sender.ask(`users/${sender.id}`, { method: "DELETE", body, headers }),
          await sender.ask(`users/${sender.id}/erasure`, { headers }),
        ]);
      }
      for (const answer of answers.flat())
        expect(answer).toMatchObject({ status: 401, text: '{"error":"not_enrolled"}' });
    });

    it("who signs wrongly, late, or for another batch", async () => {
      const sender = await enrolled();
      const body = sender.batch([sender.event()]);
      const id = JSON.parse(body).batch_id;
      expect(await sender.send(body, {}, body.replace("git push", "git pull"))).toMatchObject({ status: 401 });
      for (const off of [-400, 400]) {
        const late = sender.headers(body, id, Math.floor(Date.now() / 1_000) + off);
        const answer = await sender.ask("events", { method: "POST", body, headers: late });
        expect(answer).toMatchObject({ status: 401, text: '{"error":"clock_skew"}' });
        expect(Math.abs(Date.parse(answer.headers.get("date") ?? "") - Date.now())).toBeLessThan(5_000);
      }
      const other = uuidOf(8, "another");
      expect(await sender.ask("events", { method: "POST", body, headers: sender.headers(body, other) })).toMatchObject({
        status: 401,
      });
      expect(await sender.send(body)).toMatchObject({ status: 200 });
    });

    it("who sends other bytes under a batch's id, or another's events", async () => {
      const sender = await enrolled();
      const body = sender.batch([sender.event()]);
      await sender.send(body);
      expect(await sender.send(body.replace('"success":true', '"success":false'))).toMatchObject({
        status: 422,
        text: '{"error":"other_bytes"}',
      });
    });

    it("who binds another secret, and who was erased; a secret is replaced by who has it", async () => {
      const sender = await enrolled();
      expect(await sender.enroll()).toMatchObject({ status: 200 });
      const other = randomBytes(32);
      expect(await sender.enroll(other)).toMatchObject({ status: 409 });
      const body = JSON.stringify({ anon_user_id: sender.id, secret: other.toString("base64") });
      const headers = sender.headers(body, uuidOf(4, "rotation"));
      expect(await sender.ask("rotate", { method: "POST", body, headers })).toMatchObject({ status: 200 });
      expect(await sender.send(sender.batch([sender.event()]))).toMatchObject({ status: 401 });
      // Its answer may have been lost: the same rotation again, signed with the secret before, changes nothing.
      expect(await sender.ask("rotate", { method: "POST", body, headers })).toMatchObject({ status: 200 });
      const third = JSON.stringify({ anon_user_id: sender.id, secret: randomBytes(32).toString("base64") });
      const late = sender.headers(third, uuidOf(4, "third"));
      expect(await sender.ask("rotate", { method: "POST", body: third, headers: late })).toMatchObject({ status: 401 });
      const renewed = Object.assign(sender, { secret: other });
      // Nothing was accepted of it: there is nothing to wait for.
      const erased = await renewed.requestErasure();
      expect(receiptIn(erased.text, await keys())).toMatchObject({ anon_user_id: sender.id, erased: 0 });
      expect(await renewed.requestErasure()).toMatchObject({ status: 200, text: erased.text });
      expect(await renewed.erasureStatus()).toMatchObject({ status: 200, text: erased.text });
      expect(await renewed.send(sender.batch([sender.event()]))).toMatchObject({ status: 410 });
      expect(await renewed.enroll()).toMatchObject({ status: 410 });
    });

    it("nobody who asks for an erasure: it is answered 202, and then with its receipt, again and again", async () => {
      const sender = await enrolled();
      expect(await sender.erasureStatus()).toMatchObject({ status: 404, text: '{"error":"no_erasure"}' });
      await sender.send(sender.batch([sender.event(), sender.event()]));
      const first = await sender.requestErasure();
      expect(first.status).toBe(202);
      const status = `/v1/telemetry/users/${sender.id}/erasure`;
      expect(JSON.parse(first.text)).toEqual({ erasure: "waiting", status });
      expect(first.headers.get("location")).toBe(status);
      expect(await sender.send(sender.batch([sender.event()]))).toMatchObject({ status: 410 });
      const { status: code, text } = await sender.erase();
      expect(code).toBe(200);
      expect(receiptIn(text, await keys())).toMatchObject({ anon_user_id: sender.id, erased: 2 });
      expect(await sender.requestErasure()).toMatchObject({ status: 200, text });
    });

    it("who takes another one's batch id: it is known by pseudonym", async () => {
      const [victim, squatter] = [await enrolled(), await enrolled()];
      const body = victim.batch([victim.event()]);
      const { batch_id } = JSON.parse(body);
      expect(await squatter.send(squatter.batch([squatter.event()], { batch_id }))).toMatchObject({ status: 200 });
      expect(await victim.send(body)).toMatchObject({ status: 200 });
    });

    it("pages in a browser, wherever they ask", async () => {
      const headers = { origin: "https://example.com" };
      for (const url of [`${server.url}/v1/telemetry/keys`, `${server.url}/healthz`, `${server.operatorUrl}/metrics`]) {
        const answer = await fetch(url, { headers });
        expect([answer.status, await answer.text()]).toEqual([403, '{"error":"origin"}']);
      }
    });

    it("who uses a wrong method, and learns the right one", async () => {
      const answer = await fetch(`${server.url}/v1/telemetry/events`);
      expect([answer.status, answer.headers.get("allow"), await answer.text()]).toEqual([
        405,
        "POST",
        '{"error":"method_not_allowed"}',
      ]);
    });

    it("who erases with what was signed for something else", async () => {
      const sender = await enrolled();
      const body = sender.batch([sender.event()]);
      const headers = sender.headers(body, JSON.parse(body).batch_id);
      expect(await sender.ask("events", { method: "POST", body, headers })).toMatchObject({ status: 200 });
      expect(await sender.ask(`users/${sender.id}`, { method: "DELETE", body, headers })).toMatchObject({
        status: 400,
      });
      expect((await sender.send(sender.batch([sender.event()]))).status).toBe(200);
    });

    it("all but one of those who enrol one pseudonym at once", async () => {
      const sender = new Sender(server.url);
      const secrets = Array.from({ length: 5 }, () => randomBytes(32));
      const answers = await Promise.all(secrets.map((secret) => sender.enroll(secret)));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409]);
      const bound = secrets[answers.findIndex(({ status }) => status === 200)] ?? Buffer.alloc(0);
      Object.assign(sender, { secret: bound });
      expect((await sender.send(sender.batch([sender.event()]))).status).toBe(200);
    });

    it("nobody, because another one enrols again and again", async () => {
      const sender = await enrolled();
      for (let n = 0; n < 8; n += 1) {
        const answers = await Promise.all(Array.from({ length: 50 }, () => sender.enroll()));
        expect(answers.every(({ status }) => status === 200)).toBe(true);
      }
      await enrolled();
    });

    it("who asks too often, and is told how long to wait", async () => {
      const sender = await enrolled();
      const body = sender.batch([sender.event()]);
      const answers = await Promise.all(Array.from({ length: 320 }, () => sender.send(body)));
      const turned = answers.filter(({ status }) => status === 429);
      expect(turned.length).toBeGreaterThan(0);
      expect(Number(turned[0]?.headers.get("retry-after"))).toBeGreaterThan(0);
    });

    it.each([
      ["its head", "POST /v1/telemetry/events HTTP/1.1\r\nhost: x\r\n"],
      ["its body", "POST /v1/telemetry/events HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"],
      ["nothing", ""],
    ])("who is slow with %s", async (_what, sent) => {
      const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
      socket.on("error", () => undefined);
      socket.write(sent);
      // A byte now and then keeps nobody in.
      const drip = setInterval(() => void (sent !== "" && socket.write("x")), 200);
      const answer = text(socket);
      await once(socket, "close");
      clearInterval(drip);
      expect(await answer.catch(() => "")).toMatch(/^(HTTP\/1\.1 4\d\d |$)/);
    });

    it("nobody whose request takes long to be served", async () => {
      const sender = await enrolled();
      const { find } = server.registry;
      // Longer than a request may take to arrive.
      server.registry.find = async (id) => {
        await sleep(3_000);
        return find.call(server.registry, id);
      };
      const answer = await sender.send(sender.batch([sender.event()]));
      server.registry.find = find;
      expect(answer.status).toBe(200);
    });

    it("who is no HTTP, and who asks for nothing that there is", async () => {
      const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
      socket.write(`GET /${canary} HTTP/9\r\n${canary}\r\n\r\n`);
      const [answer] = await once(socket, "data");
      expect(String(answer)).not.toContain(canary);
      socket.destroy();
      const gone = await fetch(`${server.url}/${canary}`);
      expect([gone.status, await gone.text()]).toEqual([404, '{"error":"not_found"}']);
    });
  });

  it("names its keys, its schemas and its interface, and whether it lives and takes batches", async () => {
    const get = async (path: string) => JSON.parse(await (await fetch(`${server.url}${path}`)).text());
    await server.registry.rotateKey();
    const [newest, oldest] = (await get("/v1/telemetry/keys")).keys;
    expect(newest.signed_by.key_id).toBe(oldest.key_id);
    expect(Object.keys(await get("/v1/telemetry/schema"))).toHaveLength(4);
    expect(await get("/openapi.json")).toMatchObject({ openapi: "3.1.0" });
    expect(await get("/healthz")).toEqual({ alive: true });
    expect(await get("/readyz")).toEqual({ ready: true });
    expect((await fetch(`${server.url}/metrics`)).status).toBe(404);
  });
}
