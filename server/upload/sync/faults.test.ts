/** What a server, a network or a file can do wrong, each against a server on loopback. */
import { readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { certificate } from "../../../test/fixtures/certificate.ts";
import { FixedClock } from "../../../test/fixtures/clock.ts";
import { SharingWorker } from "../../../test/fixtures/sharing-worker.ts";
import { type Behave, UsageServer } from "../../../test/fixtures/usage-server.ts";

/** Ten events of which five may go, and a server that meets batches with `behave`. */
async function facing(behave: Behave, options: ConstructorParameters<typeof SharingWorker>[0] = {}) {
  const server = await UsageServer.start();
  server.behave = (arrived, answer) => (arrived.path.endsWith("/events") ? behave(arrived, answer, server) : false);
  const sharer = new SharingWorker({ url: server.url, ...options });
  sharer.consent();
  sharer.record(10, options.clock?.nowMs());
  return { server, sharer };
}

const page = "<!doctype html><title>Log in</title>";

/** `body`: the protocol's JSON, unless it is a page for people. */
const status =
  (code: number, headers: Readonly<Record<string, string>> = {}, body = '{"error":"refused"}'): Behave =>
  (_, answer) => {
    answer.writeHead(code, { "content-type": body === page ? "text/html" : "application/json", ...headers }).end(body);
    return true;
  };

describe("a status code", () => {
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
    // The secret is enrolled once more in between: the server may have forgotten it.
    [401, "paused", 2],
    [403, "paused", 1],
  ])("%i: %s after %i tries, and nothing is lost", async (code, outcome, tries) => {
    const elsewhere = await UsageServer.start();
    const { server, sharer } = await facing(status(code, { location: elsewhere.url }));
    const report = await sharer.worker.sync();
    expect(report.outcome).toBe(outcome);
    expect(server.bodies).toHaveLength(tries);
    // The same bytes each time.
    expect(new Set(server.bodies.map(String)).size).toBe(1);
    expect(elsewhere.arrived).toEqual([]);
    server.behave = undefined;
    if (outcome === "done") {
      expect(report).toMatchObject({ rejected: 1, remaining: 0 });
      const [, batch = "", why = ""] = sharer.outbox;
      expect(readFileSync(join(sharer.outboxFolder, batch), "utf8")).toBe(server.bodies[0]?.toString());
      expect(readFileSync(join(sharer.outboxFolder, why), "utf8")).toContain(String(code));
      // One bad batch does not block the rest.
      sharer.record(10);
    } else expect(report.remaining).toBe(5);
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
    expect(sharer.worker.verifyLedger()?.faults).toEqual([]);
  });

  it.each([200, 302, 400, 401, 403, 404, 407, 409, 410, 422, 451, 511])(
    "%i with a page is not the server's answer: it is tried again, and then arrives",
    async (code) => {
      const { server, sharer } = await facing(status(code, {}, page));
      expect(await sharer.worker.sync()).toMatchObject({ outcome: "waiting", rejected: 0, remaining: 5 });
      expect(sharer.worker.status().sharing).toMatchObject({ paused: null, retryAtMs: expect.any(Number) });
      server.behave = undefined;
      expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
    },
  );

  it("of a refusal: its files and its row go when events of that age go", async () => {
    const clock = new FixedClock(Date.now());
    const { sharer } = await facing(status(422), { clock });
    expect(await sharer.worker.sync()).toMatchObject({ rejected: 1 });
    expect(sharer.outbox).toHaveLength(3);
    // A visit a day, so that the clock is believed.
    for (let day = 0; day < 92; day += 1) {
      clock.tsMs += 86_400_000;
      sharer.record(1, clock.tsMs);
      await sharer.worker.maintain();
    }
    expect(sharer.outbox).toEqual(["rejected"]);
    expect(sharer.worker.status().sharing).toMatchObject({ rejected: 0 });
  });

  it("409 with a signed receipt is received already, as one with JSON is", async () => {
    const { sharer } = await facing((arrived, answer, own) => {
      answer.writeHead(409, { "content-type": "application/json" }).end(own.receipt(own.take(arrived)));
      return true;
    });
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
    expect(sharer.worker.verifyLedger()).toMatchObject({ receipts: 1, faults: [] });
  });

  it("409 confirms no erasure", async () => {
    const { server, sharer } = await facing(() => false);
    await sharer.worker.sync();
    server.behave = (_, answer) => {
      answer.writeHead(409, { "content-type": "application/json" }).end('{"error":"conflict"}');
      return true;
    };
    expect(await sharer.worker.eraseRemotely()).toMatchObject({ erased: 0 });
    expect(sharer.worker.status().sharing).toMatchObject({ erasures: 1 });
  });

  it("422 other_bytes, after a restore, is sent in halves under other ids", async () => {
    const { server, sharer } = await facing((arrived, answer) => {
      const { events } = JSON.parse(arrived.body.toString());
      if (events.length < 5) return false;
      answer.writeHead(422, { "content-type": "application/json" }).end('{"error":"other_bytes"}');
      return true;
    });
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5, batches: 2, rejected: 0 });
    expect(server.events.size).toBe(5);
  });

  it("of a refusal can be tried again", async () => {
    const { server, sharer } = await facing(status(422));
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", rejected: 1 });
    server.behave = undefined;
    expect(await sharer.worker.sync()).toMatchObject({ events: 0 });
    expect(await sharer.worker.sync({ userInitiated: true, rejected: true })).toMatchObject({ events: 5, rejected: 0 });
    expect(sharer.outbox).toEqual(["rejected"]);
  });

  it("409: received already, removed, and the ledger says so", async () => {
    const { sharer } = await facing(status(409));
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5, remaining: 0 });
    expect(sharer.worker.ledger(1)[0]?.entry).toMatchObject({ outcome: "already_received", status: 409 });
  });

  it("413: halved until it fits; an event that is too large alone is put aside", async () => {
    const { server, sharer } = await facing((arrived, answer, own) => {
      const { events } = JSON.parse(arrived.body.toString());
      if (events.length > 2 || events[0].seq === 5) answer.writeHead(413).end('{"error":"too_large"}');
      else own.answer(arrived, answer);
      return true;
    });
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 4, rejected: 1, remaining: 0 });
    expect([...server.events.values()].map(({ seq }) => seq)).toEqual([1, 3, 7, 9]);
    expect(server.faults).toEqual([]);
  });

  it("Retry-After is kept, also where the user asks again", async () => {
    const clock = new FixedClock(Date.now());
    const { server, sharer } = await facing(status(503, { "retry-after": "120" }), { clock });
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "waiting", retryAtMs: expect.any(Number) });
    expect(server.bodies).toHaveLength(1);
    server.behave = undefined;
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "waiting" });
    expect(server.bodies).toHaveLength(1);
    clock.tsMs += 121_000;
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
  });

  it("a short Retry-After is waited for within the run", async () => {
    let asked = 0;
    const { sharer } = await facing((arrived, answer, own) => {
      asked += 1;
      if (asked === 1) answer.writeHead(429, { "retry-after": "0" }).end();
      else own.answer(arrived, answer);
      return true;
    });
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
  });

  it("401 clock_skew: once more with the server's time", async () => {
    const ahead = new FixedClock(Date.now() + 3_600_000);
    let timestamps: number[] = [];
    const { sharer } = await facing(
      (arrived, answer, own) => {
        const sent = Number(arrived.headers["webhook-timestamp"]) * 1_000;
        timestamps = [...timestamps, sent];
        if (Math.abs(sent - Date.now()) < 300_000) own.answer(arrived, answer);
        else answer.writeHead(401, { date: new Date().toUTCString() }).end('{"error":"clock_skew"}');
        return true;
      },
      { clock: ahead },
    );
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done" });
    expect(timestamps).toHaveLength(2);
  });
});

describe("an answer", () => {
  it("that is lost: the batch comes twice with the same bytes, and is counted once", async () => {
    let lost = 0;
    const { server, sharer } = await facing((arrived, answer, own) => {
      lost += 1;
      if (lost > 2) return false;
      own.take(arrived);
      answer.destroy();
      return true;
    });
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
    expect(server.bodies).toHaveLength(3);
    expect(server.events.size).toBe(5);
    expect(server.faults).toEqual([]);
  });

  it("that breaks off, is no HTTP or is endless: tried again later", async () => {
    const answers: Behave[] = [
      (_, answer) => {
        answer.writeHead(200, { "content-length": "1000" });
        answer.write("{");
        answer.destroy();
        return true;
      },
      (_, answer) => {
        answer.socket?.end("this is no HTTP\r\n\r\n");
        return true;
      },
      (_, answer) => {
        answer.writeHead(200);
        answer.end("x".repeat(1_000_000));
        return true;
      },
    ];
    let n = 0;
    const { server, sharer } = await facing((arrived, answer, own) => answers[n++]?.(arrived, answer, own) ?? false);
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "waiting", remaining: 5 });
    expect(n).toBe(3);
    server.behave = undefined;
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
  });

  it("of 2xx with a broken body is taken from a server that gives no receipts", async () => {
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

describe("a receipt", () => {
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
      "for another batch",
      (arrived, answer, server) => {
        answer.end(server.receipt({ ...server.take(arrived), sha256: "0".repeat(64) }));
        return true;
      },
    ],
    [
      "that is missing where receipts were given",
      (arrived, answer, server) => {
        server.take(arrived);
        answer.end("{}");
        return true;
      },
    ],
    [
      "signed by a key that nobody vouches for",
      (arrived, answer, server) => {
        server.keys = [server.newKey("stranger")];
        answer.end(server.receipt(server.take(arrived)));
        return true;
      },
    ],
  ])("%s is not believed: the batch stays, and it is reported", async (name, behave) => {
    const { server, sharer } = await facing(behave);
    // A portal answers without a receipt; a wrong one needs the user.
    const outcome = name.includes("missing") ? "waiting" : "paused";
    expect(await sharer.worker.sync()).toMatchObject({
      outcome,
      remaining: 5,
      reason: expect.stringMatching(/receipt/),
    });
    expect(sharer.worker.verifyLedger()?.faults).toEqual([]);
    const { paused, failure } = sharer.worker.status().sharing ?? {};
    expect(outcome === "paused" ? paused : failure).toMatch(/receipt/);
    expect(server.events.size).toBe(5);
  });

  it("of a new key is believed where the old key signed it", async () => {
    const server = await UsageServer.start();
    const sharer = new SharingWorker({ url: server.url });
    sharer.consent();
    sharer.record(10);
    await sharer.worker.sync();
    server.rotate("second");
    server.rotate("third");
    sharer.record(10);
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
    expect(sharer.worker.verifyLedger()).toMatchObject({ receipts: 2, faults: [] });
  });
});

describe("a connection", () => {
  it("to a certificate that no authority signed is refused, whatever NODE_TLS_REJECT_UNAUTHORIZED says", async () => {
    const server = await UsageServer.start({ tls: certificate() });
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    try {
      const sharer = new SharingWorker({ url: server.url });
      sharer.consent();
      sharer.record(10);
      expect(await sharer.worker.sync()).toMatchObject({
        outcome: "waiting",
        reason: expect.stringContaining("certificate"),
      });
      expect(server.arrived).toEqual([]);
    } finally {
      delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    }
  });

  it("to a name that does not exist, or a port where nobody is, waits", async () => {
    for (const url of ["https://no-such-host.invalid/v1/telemetry/events", "http://127.0.0.1:9/v1/telemetry/events"]) {
      const sharer = new SharingWorker({ url });
      sharer.consent();
      sharer.record(10);
      expect(await sharer.worker.sync()).toMatchObject({
        outcome: "waiting",
        remaining: 5,
        reason: expect.stringMatching(/does not resolve|cannot be reached/),
      });
    }
  });

  it("that hangs ends with the consent, and nothing more is sent", async () => {
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
    // Another window withdraws.
    const other = new SharingWorker({ home: sharer.home, url: sharer.env["NEXUS_USAGE_UPLOAD_URL"] });
    other.consent("off");
    expect(await syncing).toMatchObject({ outcome: "stopped" });
    expect(sharer.outbox).toEqual([]);
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "not_permitted" });
  });
});

describe("a configuration", () => {
  it.each([
    ["ftp://example.com/x", "only https"],
    ["http://example.com/x", "only https"],
    ["https://ada:pw@example.com/x", "name or password"],
    ["https://example.com/x?token=1", "without ?"],
    ["not an address", "no address"],
  ])("with the address %s is told, and recording goes on", (url, why) => {
    const sharer = new SharingWorker({ url });
    sharer.consent("local");
    sharer.record(2);
    const status = sharer.worker.status();
    expect(status.notes).toEqual([expect.stringContaining(why)]);
    expect(status.database?.events).toBe(2);
    expect(JSON.stringify(status.notes)).not.toContain("pw");
  });

  it("with a token that no header can carry is told, and never quoted", () => {
    const sharer = new SharingWorker({ url: "https://example.com/x", env: { NEXUS_USAGE_UPLOAD_TOKEN: "a\nb" } });
    expect(sharer.worker.status().notes).toEqual([expect.stringContaining("NEXUS_USAGE_UPLOAD_TOKEN")]);
  });

  it("with a pin that is none is refused by name", () => {
    const sharer = new SharingWorker({ url: "https://example.com/x" });
    sharer.consent("local");
    writeFileSync(join(sharer.home, ".config", "nexus", "config.toml"), '[telemetry]\nupload_pins = ["sha1/abc"]\n');
    expect(sharer.worker.status().problem?.text).toMatch(/upload_pins/);
  });
});

describe("an enrolment", () => {
  /** Five events that may go; enrolments are answered by `behave`. */
  async function enrolling(behave: Behave) {
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
  ])("that met %i once (%s) concludes nothing about the server", async (code, body) => {
    const { server, sharer } = await enrolling(status(code, {}, body));
    const report = await sharer.worker.sync();
    expect(report).toMatchObject({ outcome: "waiting", remaining: 5 });
    expect(sharer.worker.status().sharing).toMatchObject({ paused: null });
    server.behave = undefined;
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
    expect(server.faults).toEqual([]);
    expect(sharer.worker.verifyLedger()).toMatchObject({ receipts: 1, faults: [] });
  });

  it("is made again where the server has forgotten it, within the same run", async () => {
    const { server, sharer } = await facing(() => false);
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

describe("a limit", () => {
  it("smaller than a frozen batch lets it go whole, and says so", async () => {
    const { server, sharer } = await facing(status(503));
    await sharer.worker.sync();
    server.behave = undefined;
    sharer.record(10);
    const sent = await sharer.worker.sync({ userInitiated: true, limit: 3 });
    expect(sent).toMatchObject({ outcome: "done", events: 5, pending: 5, reason: expect.stringContaining("whole") });
    expect(await sharer.worker.sync({ userInitiated: true, limit: 3 })).toMatchObject({ outcome: "done", events: 3 });
    expect(await sharer.worker.sync({ userInitiated: true, limit: 3 })).toMatchObject({
      outcome: "done",
      events: 2,
      pending: 0,
    });
  });

  it("counts what a server refuses as well", async () => {
    const { server, sharer } = await facing(status(422));
    expect(await sharer.worker.sync({ userInitiated: true, limit: 2 })).toMatchObject({ rejected: 1, pending: 3 });
    expect(server.bodies).toHaveLength(1);
  });

  it("counts for the preview", async () => {
    const { sharer } = await facing(() => false);
    expect(sharer.worker.preview(2)).toMatchObject({ events: 2 });
  });
});
