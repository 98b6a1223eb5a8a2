/** Which upload schema is used: what the server accepts, what the user agreed to, and what happens when either changes. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sharedCategories } from "../../../shared/schema/shared-categories.ts";
import { englishOf } from "../../../test/fixtures/message-text.ts";
import { SharingWorker } from "../../../test/fixtures/sharing-worker.ts";
import { UsageServer } from "../../../test/fixtures/usage-server.ts";
import { placeholderId } from "./preview.ts";

const startSharing = async (schemas?: readonly number[], env: Readonly<Record<string, string>> = {}) => {
  const server = await UsageServer.start();
  server.schemas = schemas;
  return { server, sharer: new SharingWorker({ url: server.url, env }) };
};

const versionsOf = (server: UsageServer) =>
  server.bodies
    .map((body) => JSON.parse(body.toString()))
    .map(({ schema_version: version, events }) => [version, events.length]);

const setConfig = (sharer: SharingWorker, text: string) => {
  const folder = join(sharer.home, ".config", "nexus");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, "config.toml"), `[telemetry]\n${text}\n`);
};

describe("the check", () => {
  it("sends no identifier, follows no redirect, and is in the ledger", async () => {
    const { server, sharer } = await startSharing([1, 2], { NEXUS_USAGE_UPLOAD_TOKEN: "token" });
    sharer.consent("local");
    expect(await sharer.worker.checkServer()).toEqual({ host: server.host, schema: 2, reason: null });
    expect(server.arrived).toHaveLength(1);
    const [request] = server.arrived;
    expect(request).toMatchObject({ method: "GET", path: "/v1/telemetry/schema" });
    expect(request?.body).toHaveLength(0);
    expect(Object.keys(request?.headers ?? {}).sort()).toEqual(["connection", "host"]);
    expect(sharer.worker.reader.ledgerRequests(10)).toMatchObject([
      { kind: "schema", host: server.host, bytes: 0, result: "accepted (200)", receipt: false },
    ]);
    expect(sharer.worker.reader.verifyLedger()).toMatchObject({ entries: 2, receipts: 0, faults: [] });
    expect(sharer.worker.reader.status().sharing).toMatchObject({
      schema: 2,
      agreedSchema: null,
      offered: { schema: 2 },
    });

    server.behave = (_, answer) => {
      answer.writeHead(302, { location: "/elsewhere" }).end();
      return true;
    };
    expect(await sharer.worker.checkServer()).toMatchObject({ schema: 1 });
    expect(server.arrived.map(({ path }) => path)).not.toContain("/elsewhere");
  });

  it("sends no request while recording is off", async () => {
    const { server, sharer } = await startSharing([1, 2]);
    await expect(sharer.worker.checkServer()).rejects.toThrow("Recording is off");
    expect(server.arrived).toEqual([]);
  });

  it.each([
    ["no such route", undefined, /does not say which upload schemas it accepts \(404\)/],
    ["only unknown schemas", [3, 4], /does not say which upload schemas/],
    ["a page", "<html><body>Sign in</body></html>", /does not say which upload schemas/],
    ["no JSON", "yes", /does not say which upload schemas/],
    ["null", "null", /does not say which upload schemas/],
  ])("means schema 1 after %s", async (_, answer, reason) => {
    const { server, sharer } = await startSharing(typeof answer === "string" ? undefined : answer);
    if (typeof answer === "string")
      server.behave = (_arrived, response) => {
        response.writeHead(200).end(answer);
        return true;
      };
    sharer.consent("local");
    const check = await sharer.worker.checkServer();
    expect(check.schema).toBe(1);
    expect(englishOf(check.reason)).toMatch(reason);
    expect(sharer.worker.reader.status().sharing).toMatchObject({ schema: 1, offered: { schema: 1 } });
  });

  it("means schema 1 if the server cannot be reached", async () => {
    const { server, sharer } = await startSharing([1, 2]);
    server.stop();
    sharer.consent("local");
    const check = await sharer.worker.checkServer();
    expect(check.schema).toBe(1);
    expect(englishOf(check.reason)).toContain("cannot be reached");
    expect(sharer.worker.reader.status().problem).toBeNull();
  });
});

describe("invariant: only-you-can-say-yes: the schema", () => {
  it("pauses when the server accepts a larger one, until the user agrees; earlier events go out in the smaller one", async () => {
    const { server, sharer } = await startSharing([1]);
    sharer.consent("share", { schema: 1 });
    sharer.record(4);
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 2 });
    server.schemas = [1, 2];
    sharer.record(4);
    // The answer to this batch names the larger schema.
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "paused", events: 2 });
    sharer.record(4);
    const paused = await sharer.worker.sync();
    expect(paused).toMatchObject({ outcome: "paused", events: 0 });
    expect(englishOf(paused.reason)).toMatch(/now accepts upload schema 2, .* schema 1 that you agreed to/);
    expect(englishOf(sharer.worker.reader.status().sharing?.paused ?? null)).toContain("Review what is shared");
    expect(versionsOf(server)).toEqual([
      [1, 2],
      [1, 2],
    ]);
    // The sample shows the larger schema, although the next batch still has the smaller one.
    const sample = JSON.parse(sharer.worker.reader.preview(1, ["tool_usage", "performance"])?.body ?? "null");
    expect(sample).toMatchObject({ schema_version: 2, anon_user_id: placeholderId });
    expect(JSON.parse(sharer.worker.reader.preview()?.body ?? "null").schema_version).toBe(1);

    sharer.consent("share", { schema: 2 });
    sharer.record(4);
    expect(sharer.worker.reader.status().sharing).toMatchObject({
      pending: 6,
      schema: 2,
      agreedSchema: 2,
      paused: null,
    });
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 6 });
    expect(versionsOf(server).slice(2)).toEqual([
      [1, 2],
      [2, 4],
    ]);
    expect(server.faults).toEqual([]);
  });

  it("stays with the smaller one if the configuration says so, and the configuration cannot choose a larger one", async () => {
    const { server, sharer } = await startSharing([1, 2]);
    sharer.consent("share", { schema: 1 });
    setConfig(sharer, "upload_schema = 2");
    sharer.record(4);
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "paused" });
    setConfig(sharer, "upload_schema = 1");
    sharer.record(4);
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done" });
    expect(versionsOf(server).every(([version]) => version === 1)).toBe(true);
    expect(sharer.worker.reader.status().sharing).toMatchObject({ schema: 1, offered: { schema: 1 }, paused: null });
  });

  it("builds a refused batch again when the server no longer accepts its schema", async () => {
    const { server, sharer } = await startSharing([1, 2]);
    sharer.consent("share", { schema: 2 });
    sharer.record(4);
    expect(await sharer.worker.sync()).toMatchObject({ events: 4 });
    server.schemas = [1];
    sharer.record(6);
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 3, rejected: 0 });
    expect(versionsOf(server)).toEqual([
      [2, 4],
      [2, 6],
      [1, 3],
    ]);
    expect(sharer.outbox).toEqual(["rejected"].filter((name) => sharer.outbox.includes(name)));
    expect(sharer.worker.reader.status().sharing).toMatchObject({ schema: 1, pending: 0, rejected: 0 });
    expect(server.faults).toEqual([]);
  });
});

describe("categories with an effect", () => {
  it("are few in schema 1, and all that something reports in schema 2", () => {
    expect(sharedCategories(1)).toEqual(["tool_usage", "command_usage", "error_types"]);
    expect(sharedCategories(2)).toEqual(
      expect.arrayContaining(["performance", "session_metadata", "platform", "features"]),
    );
  });

  it("change the bytes: each category of schema 1 adds something that the others do not", async () => {
    const { sharer } = await startSharing([1]);
    sharer.consent("local");
    sharer.record(4);
    const bytes = (shared: Parameters<typeof sharer.worker.reader.preview>[1]) =>
      sharer.worker.reader.preview(1, shared)?.body;
    expect(bytes(["performance"])).toBeUndefined();
    expect(bytes(["tool_usage"])).not.toContain("git push");
    expect(bytes(["tool_usage", "command_usage"])).toContain("git push");
  });
});

describe("receipts of erasures", () => {
  it("are verified with the ledger, and an erasure is no sync", async () => {
    const { server, sharer } = await startSharing();
    sharer.consent();
    sharer.record(10);
    await sharer.worker.sync();
    sharer.record(10);
    expect(await sharer.worker.eraseRemotely()).toMatchObject({ erased: 1, events: 0 });
    expect(server.bodies).toHaveLength(1);
    expect(sharer.worker.reader.verifyLedger()).toMatchObject({ receipts: 2, erasures: 1, faults: [] });
    expect(sharer.worker.reader.ledgerRequests(10).filter(({ receipt }) => receipt)).toHaveLength(2);
    expect(sharer.worker.reader.status().sharing?.syncedMs).toBeNull();
  });
});
