/**
 * End-to-end contract with the real uploader: shared events become warehouse rows; erased ones
 * leave no trace.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { noticeVersion } from "../../shared/consent/notice-version.ts";
import { nexus } from "../../test/fixtures/run-cli.ts";
import { SharingWorker } from "../../test/fixtures/sharing-worker.ts";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { receiptIn, Sender, uuidOf } from "./sender.ts";
import { type TestServer, uuidBytes } from "./test-server.ts";

/** Creates a home folder whose configuration permits no larger upload schema. */
function homeWithSchema(largest: 1 | 2): string {
  const home = tempFolder();
  mkdirSync(join(home, ".config", "nexus"), { recursive: true });
  writeFileSync(join(home, ".config", "nexus", "config.toml"), `[telemetry]\nupload_schema = ${largest}\n`);
  return home;
}

/** `start` returns an empty server that is closed with the test. */
export function serverContract(start: () => Promise<TestServer>): void {
  it("stores shared events once, with valid receipts, and erases them on request", async () => {
    const { server, count, filesWith } = await start();
    const sharer = new SharingWorker({ url: `${server.url}/v1/telemetry/events`, home: homeWithSchema(1) });
    sharer.consent();
    sharer.record(30);
    const report = await sharer.worker.sync();
    expect(report).toMatchObject({ outcome: "done", rejected: 0 });
    expect(report.events).toBeGreaterThan(0);
    await server.pipeline.drain();
    expect(await count("SELECT count() n FROM events FINAL")).toBe(report.events);
    expect(await count("SELECT sum(events) n FROM hourly FINAL")).toBe(report.events);
    const [daily] = await server.aggregates.query<{ n: string }>("SELECT sum(events) n FROM daily");
    expect(Number(daily?.n)).toBe(report.events);
    const proof = sharer.worker.reader.verifyLedger();
    expect(proof).toMatchObject({ faults: [], withoutReceipt: 0 });
    expect(proof?.receipts).toBeGreaterThan(0);

    const [user] = await server.warehouse.query<{ id: string }>(
      "SELECT DISTINCT toString(anon_user_id) id FROM events",
    );
    // Control: the search finds the pseudonym before the erasure.
    expect(filesWith(uuidBytes(user?.id ?? "none"))).not.toEqual([]);
    expect(await sharer.worker.eraseRemotely()).toMatchObject({ outcome: "done", erased: 1 });
    for (const table of ["events", "batches", "hourly"]) expect(await count(`SELECT count() n FROM ${table}`)).toBe(0);
    expect(await server.aggregates.query("SELECT * FROM daily UNION ALL SELECT * FROM monthly")).toEqual([]);
    expect(filesWith(user?.id ?? "none")).toEqual([]);
    sharer.worker.close();
  });

  it("erases a pseudonym while others send and loses no other event", async () => {
    const { server, count } = await start();
    const keys = await (await fetch(`${server.url}/v1/telemetry/keys`)).text();
    let sent = 0;
    let running = true;
    const others = Array.from({ length: 3 }, async () => {
      const sender = new Sender(server.url);
      await sender.enroll();
      while (running) {
        expect((await sender.send(sender.batch([sender.event(), sender.event()]))).status).toBe(200);
        sent += 2;
      }
    });
    for (let n = 0; n < 3; n += 1) {
      const sender = new Sender(server.url);
      await sender.enroll();
      await sender.send(sender.batch([sender.event()]));
      // The receipt counts the event although it may not be inserted yet.
      expect(receiptIn((await sender.erase()).text, keys)).toMatchObject({ anon_user_id: sender.id, erased: 1 });
    }
    running = false;
    await Promise.all(others);
    await server.pipeline.drain();
    expect(await count("SELECT count() FROM events FINAL")).toBe(sent);
    expect(await count("SELECT sum(events) FROM hourly FINAL")).toBe(sent);
  });

  it("completes an interrupted erasure", async () => {
    const { server, count, filesWith } = await start();
    const [erased, other] = [new Sender(server.url), new Sender(server.url)];
    for (const sender of [erased, other]) {
      await sender.enroll();
      await sender.send(sender.batch([sender.event(), sender.event()]));
    }
    await server.pipeline.drain();
    const { recompute } = server.aggregates;
    const failed = new Promise<void>((resolve) => {
      server.aggregates.recompute = () => {
        resolve();
        return Promise.reject(new Error("totals unavailable"));
      };
    });
    expect(await erased.requestErasure()).toMatchObject({ status: 202 });
    await failed;
    expect(await count("SELECT count() FROM events FINAL")).toBe(2);
    server.aggregates.recompute = recompute;
    const keys = await (await fetch(`${server.url}/v1/telemetry/keys`)).text();
    expect(receiptIn((await erased.erase()).text, keys)).toMatchObject({ erased: 2 });
    expect(await count("SELECT sum(events) FROM hourly FINAL")).toBe(2);
    // Replaced hourly rows contained the pseudonym and must be deleted, too.
    expect(await count("SELECT count() FROM hourly")).toBe(await count("SELECT count() FROM hourly FINAL"));
    const [daily] = await server.aggregates.query<{ n: string }>("SELECT sum(events) n FROM daily");
    expect(Number(daily?.n)).toBe(2);
    expect(filesWith(erased.id)).toEqual([]);
  });

  it("stores events shared by the CLI with the same IDs and erases them on request", async () => {
    const { server, count, filesWith } = await start();
    const home = homeWithSchema(2);
    const env = { NEXUS_USAGE_UPLOAD_URL: `${server.url}/v1/telemetry/events` };
    const run = async (...args: readonly string[]) => {
      const { code, out, err } = await nexus(home, env, ...args);
      expect([args, code, err]).toEqual([args, 0, ""]);
      return out;
    };
    const share = ["--share", "--yes", "--notice", noticeVersion, "--destination", env.NEXUS_USAGE_UPLOAD_URL];
    await run("telemetry", "enable", ...share, "--categories", "all");
    const folder = join(home, "nexus", "state", "events");
    mkdirSync(folder, { recursive: true });
    const session_id = uuidOf(4, home);
    const ids = Array.from({ length: 20 }, (_, n) => uuidOf(7, `${home} ${n}`));
    const lines = ids.map((id, n) => ({
      id,
      ts: Date.now(),
      utc_offset_min: 0,
      session_id,
      source: "nexus_cli",
      seq: n + 1,
      event_type: "command_started",
      command: "git push origin secret-branch",
    }));
    writeFileSync(join(folder, "a.jsonl"), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    await run("usage", "import");
    await run("sync");
    await server.pipeline.drain();
    const rows = await server.warehouse.query<{ id: string }>(
      "SELECT toString(event_id) id FROM events FINAL WHERE event_type = 'command_started'",
    );
    expect(rows.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(await run("ledger", "verify")).toContain("Ledger verified");
    expect(filesWith("secret-branch")).toEqual([]);
    await run("telemetry", "erase-remote");
    expect(await count("SELECT count() FROM events")).toBe(0);
  });

  it("accepts events of every type in schema 2", async () => {
    const { server, count } = await start();
    const home = homeWithSchema(2);
    const sharer = new SharingWorker({ url: `${server.url}/v1/telemetry/events`, home });
    sharer.consent("share", { schema: 2 });
    sharer.record(30);
    const report = await sharer.worker.sync();
    expect(report).toMatchObject({ outcome: "done", events: 30 });
    await server.pipeline.drain();
    expect(await count("SELECT count() n FROM events FINAL WHERE schema_version = 2")).toBe(30);
    expect(await count("SELECT count() n FROM refused")).toBe(0);
    sharer.worker.close();
  });
}
