/** The whole way with the real uploader: events of a machine, sent under consent, are rows in the warehouse; erased, they are nowhere. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Sharer } from "../test/fixtures/sharing.ts";
import { configFrom } from "./config.ts";
import { CloudServer } from "./server.ts";

const data = mkdtempSync(join(tmpdir(), "nexus-cloud-"));
let server: CloudServer;

const start = () =>
  CloudServer.start(configFrom({ NEXUS_CLOUD_DATA: data, NEXUS_CLOUD_PORT: "0", NEXUS_CLOUD_LEAST_USERS: "1" }));

/** The files of the server in which some bytes lie. */
function filesWith(text: string, folder = data): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => statSync(path).size > 0 && readFileSync(path).includes(text));
}

beforeAll(async () => {
  server = await start();
});
afterAll(async () => {
  await server.close();
  rmSync(data, { recursive: true, force: true });
});

describe("nexus-cloud with the uploader of a machine", () => {
  it("takes what is shared, once, gives receipts that hold, and forgets it when asked", async () => {
    const sharer = new Sharer({ url: `${server.url}/v1/telemetry/events` });
    sharer.consent();
    sharer.record(30);
    const report = await sharer.worker.sync();
    expect(report).toMatchObject({ outcome: "done", rejected: 0 });
    expect(report.events).toBeGreaterThan(0);
    await server.pipeline.drain();
    const count = async (sql: string) => Number((await server.warehouse.query<{ n: string }>(sql))[0]?.n);
    expect(await count("SELECT count() n FROM events FINAL")).toBe(report.events);
    expect(await count("SELECT sum(events) n FROM hourly FINAL")).toBe(report.events);
    const [daily] = await server.aggregates.query<{ n: string }>("SELECT sum(events) n FROM daily");
    expect(Number(daily?.n)).toBe(report.events);
    const proof = sharer.worker.verifyLedger();
    expect(proof).toMatchObject({ faults: [], withoutReceipt: 0 });
    expect(proof?.receipts).toBeGreaterThan(0);

    const [user] = await server.warehouse.query<{ id: string }>(
      "SELECT DISTINCT toString(anon_user_id) id FROM events",
    );
    expect(await sharer.worker.eraseRemotely()).toMatchObject({ outcome: "done", erased: 1 });
    expect(await count("SELECT count() n FROM events")).toBe(0);
    expect(await count("SELECT count() n FROM hourly FINAL")).toBe(0);
    expect(await count("SELECT count() n FROM batches")).toBe(0);
    expect(await server.aggregates.query("SELECT * FROM daily UNION ALL SELECT * FROM monthly")).toEqual([]);
    expect(filesWith(user?.id ?? "none")).toEqual([]);
    sharer.worker.close();
  });
});
