/**
 * The contract of the wire protocol: accepted and refused requests, error codes, and responses that
 * never quote a request. Tested with embedded stores (`embedded-wire-contract.test.ts`) and
 * external servers (`external-servers.test.ts`).
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

const withSessionStart = (event: Event, started_at: string): Event => ({
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

  describe("batches", () => {
    it("answers a batch with a signed receipt, and a repetition with the same one", async () => {
      const sender = await enrolled();
      const body = sender.batch([sender.event(), sender.event(), sender.event()]);
      const first = await sender.send(body);
      expect(first.status).toBe(200);
      expect(receiptIn(first.text, await keys())).toMatchObject({ accepted: 3, duplicates: 0, rejected: 0 });
      expect(await sender.send(body)).toMatchObject({ status: 200, text: first.text });
      // Concurrent repetitions of a new batch: one is accepted, the others get its receipt.
      const other = sender.batch([sender.event()]);
      const together = await Promise.all(Array.from({ length: 5 }, () => sender.send(other)));
      expect(new Set(together.map(({ text }) => text)).size).toBe(1);
      await server.pipeline.drain();
      expect(await count(`SELECT count() n FROM events FINAL WHERE anon_user_id = '${sender.id}'`)).toBe(4);
    });

    it("counts an event once, however many batches contain it", async () => {
      const sender = await enrolled();
      const [a, b, c] = [sender.event(), sender.event(), sender.event()];
      const duplicates = [];
      for (const events of [
        [a, b],
        [b, c, c],
        [a, b, c],
      ]) {
        const { text } = await sender.send(sender.batch(events));
        duplicates.push(receiptIn(text, await keys())["duplicates"]);
      }
      // The receipt counts duplicates within a batch; the warehouse removes those across batches.
      expect(duplicates).toEqual([0, 1, 0]);
      await server.pipeline.drain();
      const isSender = `anon_user_id = '${sender.id}'`;
      expect(await count(`SELECT count() n FROM events FINAL WHERE ${isSender}`)).toBe(3);
      expect(await count("SELECT sum(events) n FROM hourly FINAL")).toBe(
        await count("SELECT count() n FROM events FINAL"),
      );
    });

    it("accepts valid events and reports invalid ones by index and reason only", async () => {
      const sender = await enrolled();
      const invalid = [
        [sender.event({ command: `git ${canary}` }), "command_not_public"],
        [sender.event({ [canary]: canary }), "unknown_field"],
        [{ ...sender.event(), event_type: canary }, "unknown_type"],
        [canary, "not_an_event"],
        [sender.event({}, Date.now() - 86 * 86_400_000), "too_old"],
        [sender.event({}, Date.now() + 2 * 86_400_000), "too_new"],
        [{ ...sender.event(), session: undefined }, "missing_field"],
        [sender.event({ execution: { duration_ms: -1 } }), "bad_value"],
        [withSessionStart(sender.event(), "2026-99-99T99:99:99.999Z"), "bad_value"],
        [Array.from({ length: 2_000 }).reduce<unknown>((inner) => [inner], canary), "not_an_event"],
      ] as const;
      const { status, text } = await sender.send(
        sender.batch([sender.event(), ...invalid.map(([event]) => event), sender.event()]),
      );
      expect(status).toBe(200);
      const receipt = receiptIn(text, await keys());
      expect(receipt).toMatchObject({ accepted: 2, rejected: invalid.length });
      expect(receipt["rejections"]).toMatchObject(invalid.map(([, reason], n) => ({ index: n + 1, reason })));
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

    it("accepts schema 1, identifies its events by their fields, and refuses those of other users", async () => {
      const sender = await enrolled();
      const eventOne = (seq: number, user = sender.id) => ({
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
      const first = await sender.send(
        sender.batch([eventOne(1), eventOne(2), eventOne(3, other)], { schema_version: 1 }),
      );
      expect(receiptIn(first.text, await keys())).toMatchObject({
        accepted: 2,
        rejected: 1,
        rejections: [{ index: 2, reason: "other_user" }],
      });
      await sender.send(sender.batch([eventOne(2)], { schema_version: 1 }));
      await server.pipeline.drain();
      const isSender = `anon_user_id = '${sender.id}'`;
      expect(await count(`SELECT count() n FROM events FINAL WHERE ${isSender} AND schema_version = 1`)).toBe(2);
      expect(await count(`SELECT count() n FROM events WHERE anon_user_id = '${other}'`)).toBe(0);
    });

    it("accepts compressed batches and refuses decompression bombs", async () => {
      const sender = await enrolled();
      const body = () => sender.batch([sender.event()]);
      for (const [encoding, encode] of [
        ["gzip", gzipSync],
        ["zstd", zstdCompressSync],
      ] as const) {
        const text = body();
        expect(await sender.send(text, { "content-encoding": encoding }, encode(text))).toMatchObject({ status: 200 });
        const bomb = encode("x".repeat(50_000_000));
        expect(await sender.send(body(), { "content-encoding": encoding }, bomb)).toMatchObject({ status: 413 });
        expect(await sender.send(body(), { "content-encoding": encoding }, "not compressed")).toMatchObject({
          status: 400,
        });
      }
      // Deeply nested or large after decompression: refused before parsing.
      const deep = `{"anon_user_id":"${sender.id}","x":${"[".repeat(500_000)}`;
      expect(await sender.send(deep)).toMatchObject({ status: 400 });
      const compressed = zstdCompressSync("[".repeat(500_000));
      const headers = { "content-encoding": "zstd" };
      expect(await sender.ask("enroll", { method: "POST", body: compressed, headers })).toMatchObject({ status: 413 });
      expect(await sender.send(body(), { "content-encoding": "br" })).toMatchObject({ status: 415 });
      expect((await sender.send(body())).headers.get("accept-encoding")).toBe("zstd, gzip");
    });
  });

  describe("refusals and limits", () => {
    it.each([
      ["invalid JSON", "{", 400, "malformed"],
      ["an array", "[]", 400, "malformed"],
      ["a batch without events", '{"schema_version":2,"events":[]}', 400, "malformed"],
      ["an unknown schema version", '{"schema_version":3}', 422, "unknown_schema_version"],
      ["a body that is too large", `"${"x".repeat(1_100_000)}"`, 413, "too_large"],
    ])("refuses %s", async (_name, body, status, error) => {
      const sender = await enrolled();
      const response = await sender.send(body);
      expect(response).toMatchObject({ status, text: JSON.stringify({ error: error }) });
    });

    it("answers 425 to a batch generated more than an hour ahead of its clock", async () => {
      const sender = await enrolled();
      const response = await sender.send(sender.batch([sender.event()], { generated_at: Date.now() + 2 * 3_600_000 }));
      expect(response).toMatchObject({ status: 425, text: '{"error":"clock_ahead"}' });
      expect(Math.abs(Date.parse(response.headers.get("date") ?? "") - Date.now())).toBeLessThan(5_000);
    });

    it("answers invalid signatures alike for enrolled, unknown and erased pseudonyms", async () => {
      const [stranger, known, erased] = [new Sender(server.url), await enrolled(), await enrolled()];
      await erased.send(erased.batch([erased.event()]));
      expect((await erased.erase()).status).toBe(200);
      const forged = () => ({ "webhook-signature": `v1,${randomBytes(32).toString("base64")}` });
      const responses = [];
      for (const sender of [stranger, known, erased]) {
        const body = JSON.stringify({ anon_user_id: sender.id });
        const headers = { ...sender.headers(body, uuidOf(4, "x")), ...forged() };
        responses.push([
          await sender.send(sender.batch([sender.event()]), forged()),
          await sender.ask(`users/${sender.id}`, { method: "DELETE", body, headers }),
          await sender.ask(`users/${sender.id}/erasure`, { headers }),
        ]);
      }
      for (const response of responses.flat())
        expect(response).toMatchObject({ status: 401, text: '{"error":"not_enrolled"}' });
    });

    it("refuses a signature that is wrong, old, or for another batch", async () => {
      const sender = await enrolled();
      const body = sender.batch([sender.event()]);
      const id = JSON.parse(body).batch_id;
      expect(await sender.send(body, {}, body.replace("git push", "git pull"))).toMatchObject({ status: 401 });
      for (const off of [-400, 400]) {
        const late = sender.headers(body, id, Math.floor(Date.now() / 1_000) + off);
        const response = await sender.ask("events", { method: "POST", body, headers: late });
        expect(response).toMatchObject({ status: 401, text: '{"error":"clock_skew"}' });
        expect(Math.abs(Date.parse(response.headers.get("date") ?? "") - Date.now())).toBeLessThan(5_000);
      }
      const other = uuidOf(8, "another");
      expect(await sender.ask("events", { method: "POST", body, headers: sender.headers(body, other) })).toMatchObject({
        status: 401,
      });
      expect(await sender.send(body)).toMatchObject({ status: 200 });
    });

    it("refuses different bytes with the ID of an accepted batch", async () => {
      const sender = await enrolled();
      const body = sender.batch([sender.event()]);
      await sender.send(body);
      expect(await sender.send(body.replace('"success":true', '"success":false'))).toMatchObject({
        status: 422,
        text: '{"error":"other_bytes"}',
      });
    });

    it("refuses a second secret and an erased pseudonym, and rotates a secret only with the current one", async () => {
      const sender = await enrolled();
      expect(await sender.enroll()).toMatchObject({ status: 200 });
      const other = randomBytes(32);
      expect(await sender.enroll(other)).toMatchObject({ status: 409 });
      const body = JSON.stringify({ anon_user_id: sender.id, secret: other.toString("base64") });
      const headers = sender.headers(body, uuidOf(4, "rotation"));
      expect(await sender.ask("rotate", { method: "POST", body, headers })).toMatchObject({ status: 200 });
      expect(await sender.send(sender.batch([sender.event()]))).toMatchObject({ status: 401 });
      // Repeating the rotation with the previous secret changes nothing: the first response may
      // have been lost.
      expect(await sender.ask("rotate", { method: "POST", body, headers })).toMatchObject({ status: 200 });
      const third = JSON.stringify({ anon_user_id: sender.id, secret: randomBytes(32).toString("base64") });
      const late = sender.headers(third, uuidOf(4, "third"));
      expect(await sender.ask("rotate", { method: "POST", body: third, headers: late })).toMatchObject({ status: 401 });
      const renewed = Object.assign(sender, { secret: other });
      // No batch was ever accepted, so the erasure is complete at once.
      const erased = await renewed.requestErasure();
      expect(receiptIn(erased.text, await keys())).toMatchObject({ anon_user_id: sender.id, erased: 0 });
      expect(await renewed.requestErasure()).toMatchObject({ status: 200, text: erased.text });
      expect(await renewed.erasureStatus()).toMatchObject({ status: 200, text: erased.text });
      expect(await renewed.send(sender.batch([sender.event()]))).toMatchObject({ status: 410 });
      expect(await renewed.enroll()).toMatchObject({ status: 410 });
    });

    it("answers an erasure request with 202 and then always with the same receipt", async () => {
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

    it("accepts the same batch ID from two pseudonyms", async () => {
      const [victim, squatter] = [await enrolled(), await enrolled()];
      const body = victim.batch([victim.event()]);
      const { batch_id } = JSON.parse(body);
      expect(await squatter.send(squatter.batch([squatter.event()], { batch_id }))).toMatchObject({ status: 200 });
      expect(await victim.send(body)).toMatchObject({ status: 200 });
    });

    it("refuses browser pages on every address", async () => {
      const headers = { origin: "https://example.com" };
      for (const url of [`${server.url}/v1/telemetry/keys`, `${server.url}/healthz`, `${server.operatorUrl}/metrics`]) {
        const response = await fetch(url, { headers });
        expect([response.status, await response.text()]).toEqual([403, '{"error":"origin"}']);
      }
    });

    it("answers a wrong method with the allowed one", async () => {
      const response = await fetch(`${server.url}/v1/telemetry/events`);
      expect([response.status, response.headers.get("allow"), await response.text()]).toEqual([
        405,
        "POST",
        '{"error":"method_not_allowed"}',
      ]);
    });

    it("refuses an erasure with the signed body of another request", async () => {
      const sender = await enrolled();
      const body = sender.batch([sender.event()]);
      const headers = sender.headers(body, JSON.parse(body).batch_id);
      expect(await sender.ask("events", { method: "POST", body, headers })).toMatchObject({ status: 200 });
      expect(await sender.ask(`users/${sender.id}`, { method: "DELETE", body, headers })).toMatchObject({
        status: 400,
      });
      expect((await sender.send(sender.batch([sender.event()]))).status).toBe(200);
    });

    it("accepts only one of several concurrent enrolments of a pseudonym", async () => {
      const sender = new Sender(server.url);
      const secrets = Array.from({ length: 5 }, () => randomBytes(32));
      const responses = await Promise.all(secrets.map((secret) => sender.enroll(secret)));
      expect(responses.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409]);
      const bound = secrets[responses.findIndex(({ status }) => status === 200)] ?? Buffer.alloc(0);
      Object.assign(sender, { secret: bound });
      expect((await sender.send(sender.batch([sender.event()]))).status).toBe(200);
    });

    it("accepts enrolments while another client enrols repeatedly", async () => {
      const sender = await enrolled();
      for (let n = 0; n < 8; n += 1) {
        const responses = await Promise.all(Array.from({ length: 50 }, () => sender.enroll()));
        expect(responses.every(({ status }) => status === 200)).toBe(true);
      }
      await enrolled();
    });

    it("answers too many requests with 429 and the seconds to wait", async () => {
      const sender = await enrolled();
      const body = sender.batch([sender.event()]);
      const responses = await Promise.all(Array.from({ length: 320 }, () => sender.send(body)));
      const limited = responses.filter(({ status }) => status === 429);
      expect(limited.length).toBeGreaterThan(0);
      expect(Number(limited[0]?.headers.get("retry-after"))).toBeGreaterThan(0);
    });

    it.each([
      ["headers", "POST /v1/telemetry/events HTTP/1.1\r\nhost: x\r\n"],
      ["a body", "POST /v1/telemetry/events HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"],
      ["nothing", ""],
    ])("closes a connection that slowly sends %s", async (_name, sent) => {
      const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
      socket.on("error", () => undefined);
      socket.write(sent);
      // Occasional bytes must not keep the connection open.
      const drip = setInterval(() => void (sent !== "" && socket.write("x")), 200);
      const response = text(socket);
      await once(socket, "close");
      clearInterval(drip);
      expect(await response.catch(() => "")).toMatch(/^(HTTP\/1\.1 4\d\d |$)/);
    });

    it("serves a request whose processing takes longer than the request timeout", async () => {
      const sender = await enrolled();
      const { find } = server.registry;
      // Longer than NEXUS_CLOUD_REQUEST_SECONDS.
      server.registry.find = async (id) => {
        await sleep(3_000);
        return find.call(server.registry, id);
      };
      const response = await sender.send(sender.batch([sender.event()]));
      server.registry.find = find;
      expect(response.status).toBe(200);
    });

    it("does not quote malformed HTTP or unknown paths in its responses", async () => {
      const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
      socket.write(`GET /${canary} HTTP/9\r\n${canary}\r\n\r\n`);
      const [response] = await once(socket, "data");
      expect(String(response)).not.toContain(canary);
      socket.destroy();
      const unknown = await fetch(`${server.url}/${canary}`);
      expect([unknown.status, await unknown.text()]).toEqual([404, '{"error":"not_found"}']);
    });
  });

  it("serves its keys, schemas, OpenAPI description, liveness and readiness", async () => {
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
