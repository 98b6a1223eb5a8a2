import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { freshFolder } from "../../test/fixtures/folder.ts";
import { Sharer } from "../../test/fixtures/sharing.ts";
import { UsageServer } from "../../test/fixtures/usage-server.ts";
import { openConnection } from "../store/open.ts";
import { migrate } from "../store/schema.ts";
import { append, lines, verify } from "./ledger.ts";
import { pack } from "./packing.ts";

describe("invariant: what-you-see-is-what-is-sent", () => {
  it("a change of any one byte of the ledger is found", async () => {
    const server = await UsageServer.start();
    const sharer = new Sharer({ url: server.url });
    sharer.consent();
    sharer.record(10);
    await sharer.worker.sync();
    sharer.worker.close();
    const connection = openConnection(join(sharer.home, "nexus", "state", "telemetry.db"), {
      readOnly: false,
      busyTimeoutMs: 0,
    });
    const rows = connection.prepare("SELECT seq, entry, hash, body FROM ledger").all();
    expect(rows.length).toBeGreaterThan(4);
    expect(verify(lines(connection)).faults).toEqual([]);
    const set = (column: string, seq: unknown, value: unknown) =>
      connection.prepare(`UPDATE ledger SET ${column} = ? WHERE seq = ?`).run(value as never, seq as never);
    fc.assert(
      fc.property(
        fc.constantFrom(...rows),
        fc.constantFrom("entry", "hash", "body"),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (row, column, at, flip) => {
          const kept = row[column];
          if (kept === null || kept === undefined) return;
          const bytes = typeof kept === "string" ? Buffer.from(kept) : Buffer.from(kept as Uint8Array);
          const place = at % bytes.length;
          bytes[place] = (bytes[place] ?? 0) ^ (typeof kept === "string" ? 1 + (flip % 7) : flip);
          set(column, row["seq"], typeof kept === "string" ? bytes.toString("latin1") : bytes);
          const { faults } = verify(lines(connection));
          set(column, row["seq"], kept);
          // The end of a compressed frame may have bits that mean nothing; what is unpacked is then the same.
          if (column !== "body") expect(faults.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 300 },
    );
    // An entry taken out of the middle.
    connection.exec("DELETE FROM ledger WHERE seq = 3");
    expect(verify(lines(connection)).faults.length).toBeGreaterThan(0);
    connection.close();
  });

  it("another body under the same entry is found", () => {
    const connection = openConnection(join(freshFolder(), "x.db"), { readOnly: false, busyTimeoutMs: 0 });
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
    append(connection, entry, pack(Buffer.from("{}")));
    expect(verify(lines(connection)).faults).toEqual([{ seq: 1, what: "the body is not the one that was sent" }]);
    connection.close();
  });
});
