/** Faults of servers, networks, configuration and limits, each against a server on loopback. */

import { readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { certificate } from "../../../test/fixtures/certificate.ts";
import { FixedClock } from "../../../test/fixtures/clock.ts";
import { englishOf, messageWith } from "../../../test/fixtures/message-text.ts";
import { SharingWorker } from "../../../test/fixtures/sharing-worker.ts";
import { type Behave, UsageServer } from "../../../test/fixtures/usage-server.ts";

/**
 * Starts a server that answers batches with `behave`, and a worker with ten events, five of them
 * shareable.
 */
async function startFaulty(behave: Behave, options: ConstructorParameters<typeof SharingWorker>[0] = {}) {
  const server = await UsageServer.start();
  server.behave = (arrived, answer) => (arrived.path.endsWith("/events") ? behave(arrived, answer, server) : false);
  const sharer = new SharingWorker({ url: server.url, ...options });
  sharer.consent();
  sharer.record(10, options.clock?.nowMs());
  return { server, sharer };
}

const page = "<!doctype html><title>Log in</title>";

/** `body`: JSON of the protocol, or `page`. */
const status =
  (code: number, headers: Readonly<Record<string, string>> = {}, body = '{"error":"refused"}'): Behave =>
  (_, answer) => {
    answer.writeHead(code, { "content-type": body === page ? "text/html" : "application/json", ...headers }).end(body);
    return true;
  };

describe("status code", () => {
  it.each([
    [500, "waiting", 3],
    [502, "waiting", 3],
    [503, "waiting", 3],
    [408, "waiting", 3],
    [425, "waiting", 3],
    [429, "waiting", 3],
    [404, "waiting", 3],
    [405, "waiting", 3],
    [407, "waiting", 3],
    [415, "waiting", 3],
    [451, "waiting", 3],
    [301, "waiting", 3],
    [307, "waiting", 3],
    [400, "done", 1],
    [410, "done", 1],
    [422, "done", 1],
    // The secret is enrolled again in between: the server may have forgotten it.
    [401, "paused", 2],
    [403, "paused", 1],
  ])("answers %i with outcome %s after %i attempts and loses no event", async (code, outcome, attempts) => {
    const redirectTarget = await UsageServer.start();
    const { server, sharer } = await startFaulty(status(code, { location: redirectTarget.url }));
    const report = await sharer.worker.sync();
    expect(report.outcome).toBe(outcome);
    expect(server.bodies).toHaveLength(attempts);
    expect(new Set(server.bodies.map(String)).size).toBe(1);
    expect(redirectTarget.arrived).toEqual([]);
    server.behave = undefined;
    if (outcome === "done") {
      expect(report).toMatchObject({ rejected: 1, remaining: 0 });
      const [, batch = "", reason = ""] = sharer.outbox;
      expect(readFileSync(join(sharer.outboxFolder, batch), "utf8")).toBe(server.bodies[0]?.toString());
      expect(readFileSync(join(sharer.outboxFolder, reason), "utf8")).toContain(String(code));
      // One bad batch does not block the rest.
      sharer.record(10);
    } else expect(report.remaining).toBe(5);
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
    expect(sharer.worker.reader.verifyLedger()?.faults).toEqual([]);
  });

  it.each([200, 302, 400, 401, 403, 404, 407, 409, 410, 422, 451, 511])(
    "ignores a web page with status %i and sends the batch again",
    async (code) => {
      const { server, sharer } = await startFaulty(status(code, {}, page));
      expect(await sharer.worker.sync()).toMatchObject({ outcome: "waiting", rejected: 0, remaining: 5 });
      expect(sharer.worker.reader.status().sharing).toMatchObject({ paused: null, retryAtMs: expect.any(Number) });
      server.behave = undefined;
      expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
    },
  );

  it("expires a rejected batch with events of the same age", async () => {
    const clock = new FixedClock(Date.now());
    const { sharer } = await startFaulty(status(422), { clock });
    expect(await sharer.worker.sync()).toMatchObject({ rejected: 1 });
    expect(sharer.outbox).toHaveLength(3);
    // One step per day: a larger jump of the clock would not be trusted.
    for (let day = 0; day < 92; day += 1) {
      clock.tsMs += 86_400_000;
      sharer.record(1, clock.tsMs);
      await sharer.worker.maintain();
    }
    expect(sharer.outbox).toEqual(["rejected"]);
    expect(sharer.worker.reader.status().sharing).toMatchObject({ rejected: 0 });
  });

  it("treats 409 with a signed receipt as already received", async () => {
    const { sharer } = await startFaulty((arrived, answer, self) => {
      answer.writeHead(409, { "content-type": "application/json" }).end(self.receipt(self.take(arrived)));
      return true;
    });
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
    expect(sharer.worker.reader.verifyLedger()).toMatchObject({ receipts: 1, faults: [] });
  });

  it("does not treat 409 as confirmation of an erasure", async () => {
    const { server, sharer } = await startFaulty(() => false);
    await sharer.worker.sync();
    server.behave = (_, answer) => {
      answer.writeHead(409, { "content-type": "application/json" }).end('{"error":"conflict"}');
      return true;
    };
    expect(await sharer.worker.eraseRemotely()).toMatchObject({ erased: 0 });
    expect(sharer.worker.reader.status().sharing).toMatchObject({ erasures: 1 });
  });

  it("splits a batch into halves with new IDs after 422 other_bytes, as after a restore", async () => {
    const { server, sharer } = await startFaulty((arrived, answer) => {
      const { events } = JSON.parse(arrived.body.toString());
      if (events.length < 5) return false;
      answer.writeHead(422, { "content-type": "application/json" }).end('{"error":"other_bytes"}');
      return true;
    });
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5, batches: 2, rejected: 0 });
    expect(server.events.size).toBe(5);
  });

  it("sends a rejected batch again on request", async () => {
    const { server, sharer } = await startFaulty(status(422));
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", rejected: 1 });
    server.behave = undefined;
    expect(await sharer.worker.sync()).toMatchObject({ events: 0 });
    expect(await sharer.worker.sync({ userInitiated: true, rejected: true })).toMatchObject({ events: 5, rejected: 0 });
    expect(sharer.outbox).toEqual(["rejected"]);
  });

  it("removes a batch after 409 and records it as already received", async () => {
    const { sharer } = await startFaulty(status(409));
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5, remaining: 0 });
    expect(sharer.worker.reader.ledger(1)[0]?.entry).toMatchObject({ outcome: "already_received", status: 409 });
  });

  it("splits a batch after 413 until it fits, and rejects a single event that is too large", async () => {
    const { server, sharer } = await startFaulty((arrived, answer, self) => {
      const { events } = JSON.parse(arrived.body.toString());
      if (events.length > 2 || events[0].seq === 5) answer.writeHead(413).end('{"error":"too_large"}');
      else self.answer(arrived, answer);
      return true;
    });
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 4, rejected: 1, remaining: 0 });
    expect([...server.events.values()].map(({ seq }) => seq)).toEqual([1, 3, 7, 9]);
    expect(server.faults).toEqual([]);
  });

  it("waits as Retry-After requests, even if the user initiates a sync", async () => {
    const clock = new FixedClock(Date.now());
    const { server, sharer } = await startFaulty(status(503, { "retry-after": "120" }), { clock });
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "waiting", retryAtMs: expect.any(Number) });
    expect(server.bodies).toHaveLength(1);
    server.behave = undefined;
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "waiting" });
    expect(server.bodies).toHaveLength(1);
    clock.tsMs += 121_000;
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
  });

  it("waits within the run for a short Retry-After", async () => {
    let requests = 0;
    const { sharer } = await startFaulty((arrived, answer, self) => {
      requests += 1;
      if (requests === 1) answer.writeHead(429, { "retry-after": "0" }).end();
      else self.answer(arrived, answer);
      return true;
    });
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
  });

  it("retries once with the server's time after 401 clock_skew", async () => {
    const ahead = new FixedClock(Date.now() + 3_600_000);
    let timestamps: number[] = [];
    const { sharer } = await startFaulty(
      (arrived, answer, self) => {
        const sent = Number(arrived.headers["webhook-timestamp"]) * 1_000;
        timestamps = [...timestamps, sent];
        if (Math.abs(sent - Date.now()) < 300_000) self.answer(arrived, answer);
        else answer.writeHead(401, { date: new Date().toUTCString() }).end('{"error":"clock_skew"}');
        return true;
      },
      { clock: ahead },
    );
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done" });
    expect(timestamps).toHaveLength(2);
  });
});

describe("answer", () => {
  it("repeats the same bytes if an answer is lost, and the server counts them once", async () => {
    let lost = 0;
    const { server, sharer } = await startFaulty((arrived, answer, self) => {
      lost += 1;
      if (lost > 2) return false;
      self.take(arrived);
      answer.destroy();
      return true;
    });
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
    expect(server.bodies).toHaveLength(3);
    expect(server.events.size).toBe(5);
    expect(server.faults).toEqual([]);
  });

  it("retries later if an answer is truncated, not HTTP or too long", async () => {
    const answers: Behave[] = [
      (_, answer) => {
        answer.writeHead(200, { "content-length": "1000" });
        answer.write("{");
        answer.destroy();
        return true;
      },
      (_, answer) => {
        answer.socket?.end("not HTTP\r\n\r\n");
        return true;
      },
      (_, answer) => {
        answer.writeHead(200);
        answer.end("x".repeat(1_000_000));
        return true;
      },
    ];
    let n = 0;
    const { server, sharer } = await startFaulty(
      (arrived, answer, self) => answers[n++]?.(arrived, answer, self) ?? false,
    );
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "waiting", remaining: 5 });
    expect(n).toBe(3);
    server.behave = undefined;
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
  });

  it("accepts a 2xx with invalid JSON from a server without receipts", async () => {
    const server = await UsageServer.start({ plain: true });
    server.behave = ({ path }, answer) => {
      if (!path.endsWith("/events")) return false;
      answer.writeHead(202).end("{ok");
      return true;
    };
    const sharer = new SharingWorker({ url: server.url });
    sharer.consent();
    sharer.record(10);
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
  });
});

describe("receipt", () => {
  it.each<[string, Behave]>([
    [
      "with a wrong signature",
      (arrived, answer, server) => {
        const signed = JSON.parse(server.receipt(server.take(arrived)));
        answer.end(JSON.stringify({ ...signed, receipt: signed.receipt.replace('"rejected":0', '"rejected":1') }));
        return true;
      },
    ],
    [
      "for a different batch",
      (arrived, answer, server) => {
        answer.end(server.receipt({ ...server.take(arrived), sha256: "0".repeat(64) }));
        return true;
      },
    ],
    [
      "that is missing although the server signs receipts",
      (arrived, answer, server) => {
        server.take(arrived);
        answer.end("{}");
        return true;
      },
    ],
    [
      "signed with an untrusted key",
      (arrived, answer, server) => {
        server.keys = [server.newKey("untrusted")];
        answer.end(server.receipt(server.take(arrived)));
        return true;
      },
    ],
  ])("keeps the batch and reports a receipt %s", async (name, behave) => {
    const { server, sharer } = await startFaulty(behave);
    // A captive portal may send no receipt; an invalid one needs the user.
    const outcome = name.includes("missing") ? "waiting" : "paused";
    expect(await sharer.worker.sync()).toMatchObject({
      outcome,
      remaining: 5,
      reason: messageWith(/receipt/),
    });
    expect(sharer.worker.reader.verifyLedger()?.faults).toEqual([]);
    const { paused, failure } = sharer.worker.reader.status().sharing ?? {};
    expect(englishOf(outcome === "paused" ? paused : failure)).toMatch(/receipt/);
    expect(server.events.size).toBe(5);
  });

  it("trusts a new key that the old key signed", async () => {
    const server = await UsageServer.start();
    const sharer = new SharingWorker({ url: server.url });
    sharer.consent();
    sharer.record(10);
    await sharer.worker.sync();
    server.rotate("second");
    server.rotate("third");
    sharer.record(10);
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
    expect(sharer.worker.reader.verifyLedger()).toMatchObject({ receipts: 2, faults: [] });
  });
});

describe("connection", () => {
  it("refuses an untrusted certificate even with NODE_TLS_REJECT_UNAUTHORIZED=0", async () => {
    const server = await UsageServer.start({ tls: certificate() });
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    try {
      const sharer = new SharingWorker({ url: server.url });
      sharer.consent();
      sharer.record(10);
      expect(await sharer.worker.sync()).toMatchObject({
        outcome: "waiting",
        reason: messageWith("certificate"),
      });
      expect(server.arrived).toEqual([]);
    } finally {
      delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    }
  });

  it("retries later if the host is unknown or the port closed", async () => {
    for (const url of ["https://no-such-host.invalid/v1/telemetry/events", "http://127.0.0.1:9/v1/telemetry/events"]) {
      const sharer = new SharingWorker({ url });
      sharer.consent();
      sharer.record(10);
      expect(await sharer.worker.sync()).toMatchObject({
        outcome: "waiting",
        remaining: 5,
        reason: messageWith(/does not resolve|cannot be reached/),
      });
    }
  });

  it("ends a hanging request when consent is withdrawn, and sends nothing more", async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => {
      sockets.push(socket);
      socket.on("error", () => undefined);
    });
    silent.listen(0, "127.0.0.1");
    await new Promise((done) => silent.once("listening", done));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const { port } = silent.address() as AddressInfo;
    const sharer = new SharingWorker({ url: `http://127.0.0.1:${port}/v1/telemetry/events` });
    sharer.consent();
    sharer.record(10);
    const connected = new Promise((done) => silent.once("connection", (socket) => socket.once("data", done)));
    const syncing = sharer.worker.sync();
    await connected;
    // Another window withdraws consent.
    const other = new SharingWorker({ home: sharer.home, url: sharer.env["NEXUS_USAGE_UPLOAD_URL"] });
    other.consent("off");
    expect(await syncing).toMatchObject({ outcome: "stopped" });
    expect(sharer.outbox).toEqual([]);
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "not_permitted" });
  });
});

describe("configuration", () => {
  it.each([
    ["ftp://example.com/x", "must use https"],
    ["http://example.com/x", "must use https"],
    ["https://ada:pw@example.com/x", "must not contain credentials"],
    ["https://example.com/x?token=1", "must not contain a query"],
    ["not an address", "not a valid URL"],
  ])("reports the invalid URL %s and continues recording", (url, reason) => {
    const sharer = new SharingWorker({ url });
    sharer.consent("local");
    sharer.record(2);
    const status = sharer.worker.reader.status();
    expect(status.notes).toEqual([messageWith(reason)]);
    expect(status.database?.events).toBe(2);
    expect(JSON.stringify(status.notes)).not.toContain("pw");
  });

  it("reports an invalid token without quoting it", () => {
    const sharer = new SharingWorker({ url: "https://example.com/x", env: { NEXUS_USAGE_UPLOAD_TOKEN: "a\nb" } });
    expect(sharer.worker.reader.status().notes).toEqual([messageWith("NEXUS_USAGE_UPLOAD_TOKEN")]);
  });

  it("reports an invalid pin by its key", () => {
    const sharer = new SharingWorker({ url: "https://example.com/x" });
    sharer.consent("local");
    writeFileSync(join(sharer.home, ".config", "nexus", "config.toml"), '[telemetry]\nupload_pins = ["sha1/abc"]\n');
    expect(englishOf(sharer.worker.reader.status().problem?.message ?? null)).toMatch(/upload_pins/);
  });
});

describe("enrolment", () => {
  /**
   * Starts a server that answers enrolments with `behave`, and a worker with five shareable events.
   */
  async function startEnrolling(behave: Behave) {
    const server = await UsageServer.start();
    server.behave = (arrived, answer) => {
      if (arrived.path.endsWith("/enroll")) return behave(arrived, answer, server);
      if (!arrived.path.endsWith("/events") || server.secrets.size > 0) return false;
      answer.writeHead(401, { "content-type": "application/json" }).end('{"error":"not_enrolled"}');
      return true;
    };
    const sharer = new SharingWorker({ url: server.url });
    sharer.consent();
    sharer.record(10);
    return { server, sharer };
  }

  it.each([
    [404, '{"error":"not_found"}'],
    [404, page],
    [405, page],
    [200, page],
    [200, "{}"],
    [302, page],
    [403, page],
    [429, '{"error":"too_many"}'],
    [503, page],
  ])("concludes nothing about the server from a single %i (%s)", async (code, body) => {
    const { server, sharer } = await startEnrolling(status(code, {}, body));
    const report = await sharer.worker.sync();
    expect(report).toMatchObject({ outcome: "waiting", remaining: 5 });
    expect(sharer.worker.reader.status().sharing).toMatchObject({ paused: null });
    server.behave = undefined;
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
    expect(server.faults).toEqual([]);
    expect(sharer.worker.reader.verifyLedger()).toMatchObject({ receipts: 1, faults: [] });
  });

  it("enrols again within the run if the server has forgotten the secret", async () => {
    const { server, sharer } = await startFaulty(() => false);
    await sharer.worker.sync();
    server.secrets.clear();
    server.behave = (arrived, answer) => {
      if (!arrived.path.endsWith("/events") || server.secrets.size > 0) return false;
      answer.writeHead(401, { "content-type": "application/json" }).end('{"error":"not_enrolled"}');
      return true;
    };
    sharer.record(10);
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
    expect(server.faults).toEqual([]);
  });
});

describe("limit", () => {
  it("sends a frozen batch larger than the limit whole, and reports it", async () => {
    const { server, sharer } = await startFaulty(status(503));
    await sharer.worker.sync();
    server.behave = undefined;
    sharer.record(10);
    const sent = await sharer.worker.sync({ userInitiated: true, limit: 3 });
    expect(sent).toMatchObject({ outcome: "done", events: 5, pending: 5, reason: messageWith("whole") });
    expect(await sharer.worker.sync({ userInitiated: true, limit: 3 })).toMatchObject({ outcome: "done", events: 3 });
    expect(await sharer.worker.sync({ userInitiated: true, limit: 3 })).toMatchObject({
      outcome: "done",
      events: 2,
      pending: 0,
    });
  });

  it("counts rejected events towards the limit", async () => {
    const { server, sharer } = await startFaulty(status(422));
    expect(await sharer.worker.sync({ userInitiated: true, limit: 2 })).toMatchObject({ rejected: 1, pending: 3 });
    expect(server.bodies).toHaveLength(1);
  });

  it("limits the preview", async () => {
    const { sharer } = await startFaulty(() => false);
    expect(sharer.worker.reader.preview(2)).toMatchObject({ events: 2 });
  });
});
