import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SharingWorker } from "../../../test/fixtures/sharing-worker.ts";
import { tempFolder } from "../../../test/fixtures/temp-folder.ts";
import { UsageServer } from "../../../test/fixtures/usage-server.ts";
import { openWithDriver } from "../../store/driver/select-driver.ts";
import { migrate } from "../../store/migrations/migrate.ts";
import { compress } from "../wire/compression.ts";
import { appendEntry, lines, verify } from "./ledger.ts";

describe("invariant: what-you-see-is-what-is-sent", () => {
  it("detects a change of any single byte of the ledger", async () => {
    const server = await UsageServer.start();
    const sharer = new SharingWorker({ url: server.url });
    sharer.consent();
    sharer.record(10);
    await sharer.worker.sync();
    sharer.worker.close();
    const connection = openWithDriver(join(sharer.home, "nexus", "state", "telemetry.db"), {
      readOnly: false,
      busyTimeoutMs: 0,
    });
    const rows = connection.prepare("SELECT seq, entry, hash FROM ledger").all();
    expect(rows.length).toBeGreaterThan(4);
    expect(verify(lines(connection)).faults).toEqual([]);
    const set = (column: string, seq: unknown, value: unknown) =>
      connection.prepare(`UPDATE ledger SET ${column} = ? WHERE seq = ?`).run(value as never, seq as never);
    fc.assert(
      fc.property(
        fc.constantFrom(...rows),
        fc.constantFrom("entry", "hash"),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (row, column, at, flip) => {
          const original = row[column];
          const bytes = Buffer.from(String(original));
          const offset = at % bytes.length;
          bytes[offset] = (bytes[offset] ?? 0) ^ (1 + (flip % 7));
          set(column, row["seq"], bytes.toString("latin1"));
          const { faults } = verify(lines(connection));
          set(column, row["seq"], original);
          expect(faults.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 300 },
    );
    const [body] = connection.prepare("SELECT id, body FROM ledger_bodies").all();
    const replaceBody = connection.prepare("UPDATE ledger_bodies SET body = ? WHERE id = ?");
    replaceBody.run(compress(Buffer.from("{}")), body?.["id"] ?? null);
    expect(verify(lines(connection)).faults).toEqual([
      { seq: expect.any(Number), message: "body does not match its digest" },
    ]);
    replaceBody.run(body?.["body"] ?? null, body?.["id"] ?? null);
    expect(verify(lines(connection)).faults).toEqual([]);
    // An entry removed from the middle.
    connection.exec("DELETE FROM ledger WHERE seq = 3");
    expect(verify(lines(connection)).faults.length).toBeGreaterThan(0);
    connection.close();
  });

  it("detects a replaced body", () => {
    const connection = openWithDriver(join(tempFolder(), "x.db"), { readOnly: false, busyTimeoutMs: 0 });
    migrate(connection);
    const entry = {
      phase: "sending",
      ts: 1,
      kind: "batch",
      host: "h",
      batch_id: null,
      sha256: "0".repeat(64),
      bytes: 2,
      events: 1,
    } as const;
    appendEntry(connection, entry, compress(Buffer.from("{}")));
    expect(verify(lines(connection)).faults).toEqual([{ seq: 1, message: "body does not match its digest" }]);
    connection.close();
  });
});

describe("invariant: never-lost-never-twice", () => {
  it("stores the body of a batch once, however often it is sent", async () => {
    const server = await UsageServer.start();
    server.refuse(503);
    const sharer = new SharingWorker({ url: server.url });
    sharer.consent();
    sharer.record(100);
    for (let n = 0; n < 5; n += 1) await sharer.worker.sync();
    expect(server.bodies.length).toBe(15);
    expect(sharer.worker.reader.verifyLedger()).toMatchObject({ bodies: 15, faults: [] });
    sharer.worker.close();
    const file = join(sharer.home, "nexus", "state", "telemetry.db");
    const connection = openWithDriver(file, { readOnly: true, busyTimeoutMs: 0 });
    expect(connection.prepare("SELECT count(*) n FROM ledger_bodies").get()).toEqual({ n: 1 });
    connection.close();
  });
});
