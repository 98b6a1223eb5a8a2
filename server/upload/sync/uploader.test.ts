/** Uploads, consent, erasure and files, against a server on loopback. */

import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FixedClock } from "../../../test/fixtures/clock.ts";
import { messageWith } from "../../../test/fixtures/message-text.ts";
import { SharingWorker } from "../../../test/fixtures/sharing-worker.ts";
import { UsageServer } from "../../../test/fixtures/usage-server.ts";

const eventsIn = (body: Buffer): readonly Readonly<Record<string, unknown>>[] => JSON.parse(body.toString()).events;

describe("upload", () => {
  it("sends the events of schema 1 once, in order, and stores the receipts", async () => {
    const server = await UsageServer.start();
    const sharer = new SharingWorker({ url: server.url });
    sharer.consent();
    sharer.record(2_500);
    expect(await sharer.worker.sync()).toMatchObject({
      outcome: "done",
      events: 1_250,
      batches: 2,
      remaining: 0,
      reason: null,
    });
    expect(server.faults).toEqual([]);
    expect(server.bodies.map((body) => eventsIn(body).length)).toEqual([1_000, 250]);
    const [first] = [...server.events.values()];
    expect(first).toEqual({
      schema_version: 1,
      anon_user_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      anon_session_id: expect.stringMatching(/^[0-9a-f]{64}$/),
      ts: expect.any(Number),
      seq: 1,
      source: "vscode_terminal",
      event_type: "agent_event",
      tool_name: "run_terminal_cmd",
      tool_phase: "start",
      command_path: "git push",
    });
    expect([...server.events.values()].map(({ seq }) => seq)).toEqual(
      Array.from({ length: 1_250 }, (_, n) => 2 * n + 1),
    );
    expect(sharer.worker.reader.verifyLedger()).toMatchObject({ receipts: 2, withoutReceipt: 0, faults: [] });
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 0 });
    expect(sharer.outbox).toEqual([]);
    expect(sharer.state).toMatchObject({ anon_id: first?.["anon_user_id"], cursor_id: 2_500 });
  });

  it("sends only the selected categories in schema 2", async () => {
    const server = await UsageServer.start();
    const sharer = new SharingWorker({ url: server.url });
    sharer.consent("share", { schema: 2 });
    sharer.record(4);
    await sharer.worker.sync();
    expect(server.events.size).toBe(4);
    expect([...server.events.values()][1]).toMatchObject({
      schema_version: "1.0.0",
      event_type: "agent_event",
      session: { id: expect.stringMatching(/^[0-9a-f]{64}$/), sequence: 2 },
      payload: { tool_phase: "end", status: "ok", duration_ms: 12 },
    });
    expect(JSON.stringify([...server.events.values()])).not.toMatch(/secret|utc_offset|_hash/);
  });

  it("invariant: what-you-see-is-what-is-sent: uses the same bytes in preview, request and ledger", async () => {
    const server = await UsageServer.start({ encodings: "zstd, gzip" });
    const sharer = new SharingWorker({ url: server.url });
    sharer.consent();
    sharer.record(30);
    const first = sharer.worker.reader.preview();
    expect(first).toMatchObject({ events: 15, placeholder: false });
    await sharer.worker.sync();
    sharer.record(30);
    const second = sharer.worker.reader.preview();
    await sharer.worker.sync();
    expect(server.bodies.map(String)).toEqual([first?.body, second?.body]);
    expect(server.arrived.at(-1)?.headers["content-encoding"]).toBe("zstd");
    const sent = sharer.worker.reader
      .ledger(100)
      .filter(({ entry }) => entry.phase === "sending" && entry.kind === "batch");
    expect(sent.map(({ seq }) => sharer.worker.reader.ledgerBody(seq)?.toString())).toEqual([
      second?.body,
      first?.body,
    ]);
  });

  it("previews with a placeholder before consent, and creates no pseudonym", () => {
    const sharer = new SharingWorker();
    sharer.consent("local");
    sharer.record(4);
    const preview = sharer.worker.reader.preview();
    expect(preview).toMatchObject({ events: 2, placeholder: true });
    expect(JSON.parse(preview?.body ?? "")).toMatchObject({ anon_user_id: "00000000-0000-4000-8000-000000000000" });
    expect(existsSync(join(sharer.home, "nexus", "state", "usage", "upload-state.json"))).toBe(false);
    const { identities } = JSON.parse(
      readFileSync(join(sharer.home, "nexus", "state", "usage", "installation.json"), "utf8"),
    );
    expect(identities).toEqual([]);
  });

  it("works with a basic server and counts batches without a receipt in the ledger", async () => {
    const server = await UsageServer.start({ plain: true });
    const sharer = new SharingWorker({ url: server.url });
    sharer.consent();
    sharer.record(10);
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
    expect(sharer.worker.reader.verifyLedger()).toMatchObject({ receipts: 0, withoutReceipt: 1, faults: [] });
    expect(sharer.worker.reader.status().sharing).toMatchObject({ receipts: false, pending: 0 });
  });

  it("sends no header that identifies the machine", async () => {
    const server = await UsageServer.start();
    const sharer = new SharingWorker({ url: server.url, env: { NEXUS_USAGE_UPLOAD_TOKEN: "a.token" } });
    sharer.consent();
    sharer.record(2);
    await sharer.worker.sync();
    const { headers } = server.arrived.find(({ path }) => path.endsWith("/events")) ?? {};
    expect(Object.keys(headers ?? {}).sort()).toEqual([
      "authorization",
      "connection",
      "content-length",
      "content-type",
      "host",
      "webhook-id",
      "webhook-signature",
      "webhook-timestamp",
    ]);
    expect(headers?.authorization).toBe("Bearer a.token");
  });
});

describe("invariant: only-you-can-say-yes", () => {
  it("shares no event from before consent, whether by recording or by event time", async () => {
    const server = await UsageServer.start();
    const sharer = new SharingWorker({ url: server.url });
    sharer.consent("local");
    sharer.record(20);
    sharer.consent();
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 0 });
    sharer.record(10);
    sharer.record(10, Date.now() - 60_000);
    expect(await sharer.worker.sync()).toMatchObject({ events: 5 });
  });

  it("shares a category only if it was selected when the event was recorded and still is", async () => {
    const server = await UsageServer.start();
    const sharer = new SharingWorker({ url: server.url });
    sharer.consent("share", { share: ["tool_usage"] });
    sharer.record(2);
    sharer.consent("share", { share: ["tool_usage", "command_usage"] });
    sharer.record(2, Date.now() + 5);
    await sharer.worker.sync();
    const paths = () => [...server.events.values()].map(({ command_path: path }) => path);
    expect(paths()).toEqual([undefined, "git push"]);
    sharer.record(2, Date.now() + 5);
    sharer.consent("share", { share: ["tool_usage"] });
    await sharer.worker.sync();
    expect(paths()).toEqual([undefined, "git push", undefined]);
    sharer.record(2, Date.now() + 5);
    sharer.consent("share", { share: ["command_usage"] });
    await sharer.worker.sync();
    // An event is not shared without the category of its type.
    expect(paths()).toHaveLength(3);
  });

  it("deletes pending batches when consent becomes narrower", async () => {
    const server = await UsageServer.start();
    const sharer = new SharingWorker({ url: server.url });
    sharer.consent();
    sharer.record(10);
    server.refuse(503);
    await sharer.worker.sync();
    expect(sharer.outbox).toHaveLength(1);
    server.behave = undefined;
    sharer.consent("share", { share: ["tool_usage"] });
    expect(sharer.outbox).toEqual([]);
    await sharer.worker.sync();
    // A batch that was tried may have arrived, so it is not built again.
    expect(server.events.size).toBe(0);
  });

  it.each([
    [503, ""],
    [413, ""],
    [422, '{"error":"malformed"}'],
    [422, '{"error":"other_bytes"}'],
  ])("stops an upload when another process purges the data before the answer %i %s", async (status, body) => {
    const server = await UsageServer.start();
    const sharer = new SharingWorker({ url: server.url });
    sharer.consent();
    sharer.record(10);
    const other = new SharingWorker({ url: server.url, home: sharer.home });
    server.behave = ({ path }, answer) => {
      if (!path.endsWith("/events")) return false;
      other.worker.purge();
      answer.writeHead(status, { "content-type": "application/json" }).end(body);
      return true;
    };
    expect(await sharer.worker.sync()).toMatchObject({
      outcome: "stopped",
      reason: messageWith("deleted"),
    });
    expect(server.bodies).toHaveLength(1);
    expect(sharer.outbox).toEqual([]);
    expect(sharer.worker.reader.verifyLedger()).toMatchObject({ bodies: 0, faults: [] });
  });

  it("shares no event that was recorded while an opt-out was active", async () => {
    const server = await UsageServer.start();
    const sharer = new SharingWorker({ url: server.url });
    sharer.consent();
    const other = new SharingWorker({ url: server.url, home: sharer.home, env: { DO_NOT_TRACK: "1" } });
    other.record(10);
    expect(await other.worker.sync()).toMatchObject({
      outcome: "not_permitted",
      reason: messageWith("DO_NOT_TRACK"),
    });
    sharer.record(10);
    await sharer.worker.sync();
    expect(server.events.size).toBe(5);
    expect(server.arrived.length).toBe(3);
  });

  it("sends nothing if the destination is not the one in the consent", async () => {
    const server = await UsageServer.start();
    const sharer = new SharingWorker({ url: server.url });
    sharer.consent();
    sharer.record(10);
    const elsewhere = await UsageServer.start();
    const moved = new SharingWorker({ url: elsewhere.url, home: sharer.home });
    expect(await moved.worker.sync()).toMatchObject({ outcome: "not_permitted" });
    expect(moved.worker.reader.status().permission?.refusals).toEqual([
      { by: "destination", reach: "sharing", name: expect.stringContaining(elsewhere.host) },
    ]);
    expect(elsewhere.arrived).toEqual([]);
  });

  it("rejects consent to a destination that is not configured", async () => {
    const server = await UsageServer.start();
    expect(() => new SharingWorker({ url: server.url }).consent("share", { destination: "elsewhere.example" })).toThrow(
      "changed",
    );
    expect(() => new SharingWorker().consent()).toThrow("No destination");
    // Another path of the same host may have another owner.
    const other = new URL("/other/events", server.url).href;
    expect(() => new SharingWorker({ url: server.url }).consent("share", { destination: other })).toThrow("changed");
  });

  it("ends the pseudonym and empties the outbox on withdrawal, and creates a new one with new consent", async () => {
    const server = await UsageServer.start();
    const sharer = new SharingWorker({ url: server.url });
    sharer.consent();
    sharer.record(10);
    server.refuse(503);
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "waiting", remaining: 5 });
    expect(sharer.outbox).toHaveLength(1);
    const before = sharer.state;
    sharer.consent("local");
    expect(sharer.outbox).toEqual([]);
    expect(existsSync(join(sharer.home, "nexus", "state", "usage", "upload-state.json"))).toBe(false);
    server.behave = undefined;
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "not_permitted" });
    sharer.consent();
    expect(sharer.state.anon_id).not.toBe(before.anon_id);
    expect(sharer.state.anon_salt).not.toBe(before.anon_salt);
    expect(await sharer.worker.sync()).toMatchObject({ events: 0 });
  });
});

describe("invariant: never-lost-never-twice", () => {
  it("loses no event in 500 failed attempts and keeps the database within its limit", async () => {
    const server = await UsageServer.start();
    const clock = new FixedClock(Date.now());
    const sharer = new SharingWorker({ url: server.url, clock });
    sharer.consent("share", { schema: 2 });
    const config = join(sharer.home, ".config", "nexus", "config.toml");
    writeFileSync(config, "[telemetry]\nmax_db_size_mb = 2\n");
    sharer.record(2_000, clock.tsMs);
    server.behave = ({ path }, answer) => {
      if (!path.endsWith("/events")) return false;
      // Longer than a run waits, so each run makes one attempt.
      answer.writeHead(503, { "retry-after": "20" }).end();
      return true;
    };
    for (let n = 0; n < 500; n += 1) {
      expect(await sharer.worker.sync()).toMatchObject({ outcome: "waiting" });
      clock.tsMs += 21_000;
      if (n % 100 === 0) await sharer.worker.maintain();
    }
    clock.tsMs += 3_600_000;
    sharer.record(1, clock.tsMs);
    await sharer.worker.maintain();
    expect(server.bodies).toHaveLength(500);
    const { database } = sharer.worker.reader.status();
    expect(database?.events).toBe(2_001);
    expect(database?.sizeBytes).toBeLessThanOrEqual(2 * 1024 * 1024);
    expect(sharer.worker.reader.verifyLedger()?.faults).toEqual([]);
    server.behave = undefined;
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 2_001 });
    expect(server.events.size).toBe(2_001);
  }, 180_000);
});

describe("remote erasure", () => {
  it("sends a signed request after sharing is off, and repeats it until the server confirms", async () => {
    const server = await UsageServer.start();
    const sharer = new SharingWorker({ url: server.url });
    sharer.consent();
    sharer.record(10);
    await sharer.worker.sync();
    sharer.consent("off");
    server.behave = (_, answer) => {
      answer.writeHead(500).end();
      return true;
    };
    expect(await sharer.worker.eraseRemotely()).toMatchObject({ erased: 0 });
    expect(sharer.worker.reader.status().sharing).toMatchObject({ erasures: 1, sharedWith: 1 });
    server.behave = undefined;
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", erased: 1 });
    expect(server.events.size).toBe(0);
    expect(server.faults).toEqual([]);
    expect(sharer.worker.reader.status().sharing).toMatchObject({ erasures: 0, sharedWith: 0 });
    expect(server.arrived.at(-1)).toMatchObject({ method: "DELETE" });
  });

  it("sends later events under a new pseudonym if sharing is still on", async () => {
    const server = await UsageServer.start();
    const sharer = new SharingWorker({ url: server.url });
    sharer.consent();
    sharer.record(10);
    await sharer.worker.sync();
    const before = sharer.state.anon_id;
    expect(await sharer.worker.eraseRemotely()).toMatchObject({ outcome: "done", erased: 1 });
    expect(server.events.size).toBe(0);
    sharer.record(10, Date.now() + 5);
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
    expect(sharer.state.anon_id).not.toBe(before);
    expect(server.faults).toEqual([]);
  });

  it("waits for an upload that is under way", async () => {
    const server = await UsageServer.start();
    const sharer = new SharingWorker({ url: server.url });
    sharer.consent();
    sharer.record(10);
    const upload = sharer.worker.sync();
    const erasure = sharer.worker.eraseRemotely();
    expect(await upload).toMatchObject({ events: 5 });
    expect(await erasure).toMatchObject({ erased: 1 });
    expect(server.events.size).toBe(0);
  });

  it("works after a purge and a lost database", async () => {
    const server = await UsageServer.start();
    const sharer = new SharingWorker({ url: server.url });
    sharer.consent();
    sharer.record(10);
    await sharer.worker.sync();
    sharer.worker.purge();
    sharer.worker.close();
    rmSync(join(sharer.home, "nexus", "state", "telemetry.db"));
    const again = new SharingWorker({ url: server.url, home: sharer.home });
    expect(await again.worker.eraseRemotely()).toMatchObject({ erased: 1 });
    expect(server.events.size).toBe(0);
  });
});

describe("purge", () => {
  it("deletes the ledger's bodies, keeps its chain, and empties the outbox", async () => {
    const server = await UsageServer.start();
    const sharer = new SharingWorker({ url: server.url });
    sharer.consent();
    sharer.record(10);
    await sharer.worker.sync();
    expect(sharer.worker.reader.verifyLedger()?.bodies).toBe(1);
    sharer.worker.purge();
    expect(sharer.worker.reader.verifyLedger()).toMatchObject({ bodies: 0, receipts: 1, faults: [] });
    sharer.record(2, Date.now() + 5);
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 1 });
  });
});

describe("files", () => {
  it("creates files that only the user can read", async () => {
    const umask = process.umask(0);
    try {
      const server = await UsageServer.start();
      server.refuse(400);
      const sharer = new SharingWorker({ url: server.url });
      sharer.consent();
      sharer.record(10);
      expect(await sharer.worker.sync()).toMatchObject({ rejected: 1 });
      const state = join(sharer.home, "nexus", "state");
      const all = readdirSync(state, { recursive: true, withFileTypes: true });
      expect(all.map(({ name }) => name)).toEqual(
        expect.arrayContaining(["upload-state.json", "installation.json", "rejected"]),
      );
      for (const entry of all) {
        const mode = statSync(join(entry.parentPath, entry.name)).mode & 0o777;
        expect([entry.name, mode]).toEqual([entry.name, entry.isDirectory() ? 0o700 : 0o600]);
      }
    } finally {
      process.umask(umask);
    }
  });

  it("quarantines and reports modified or foreign outbox files, and never sends them", async () => {
    const server = await UsageServer.start();
    const sharer = new SharingWorker({ url: server.url });
    sharer.consent();
    sharer.record(10);
    server.refuse(503);
    await sharer.worker.sync();
    const [modified = ""] = sharer.outbox;
    const frozen = readFileSync(join(sharer.outboxFolder, modified), "utf8");
    writeFileSync(join(sharer.outboxFolder, modified), frozen.slice(0, 100));
    writeFileSync(join(sharer.outboxFolder, "mine.json"), "{}");
    const foreign = "usage-batch-1-00000000-0000-8000-8000-000000000000.json";
    writeFileSync(join(sharer.outboxFolder, foreign), '{"events":[]}');
    server.behave = undefined;
    const report = await sharer.worker.sync();
    expect(report.quarantined.map(({ name }) => name).sort()).toEqual(["mine.json", foreign, modified].sort());
    expect(report).toMatchObject({ outcome: "done", events: 5 });
    expect(server.bodies.at(-1)?.toString()).toBe(frozen);
    expect(sharer.outbox).toEqual(["foreign", "foreign/mine.json", `foreign/${foreign}`, `foreign/${modified}`].sort());
  });

  it.each(["missing", "truncated", "older"])(
    "starts a new pseudonym with the cursor at the end if the state file is %s",
    async (defect) => {
      const server = await UsageServer.start();
      const sharer = new SharingWorker({ url: server.url });
      sharer.consent();
      const file = join(sharer.home, "nexus", "state", "usage", "upload-state.json");
      const older = readFileSync(file, "utf8");
      sharer.record(10);
      await sharer.worker.sync();
      sharer.record(10);
      server.refuse(503);
      await sharer.worker.sync();
      server.behave = undefined;
      const before = sharer.state;
      if (defect === "missing") rmSync(file);
      else writeFileSync(file, defect === "truncated" ? older.slice(0, 50) : older);
      const sent = server.events.size;
      expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 0 });
      expect(sharer.state.anon_id).not.toBe(before.anon_id);
      expect(server.events.size).toBe(sent);
      sharer.record(10, Date.now() + 5);
      expect(await sharer.worker.sync()).toMatchObject({ events: 5 });
    },
  );
});
