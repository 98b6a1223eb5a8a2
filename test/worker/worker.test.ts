/** The worker process: recording and reading, consent, crashes, and the errors it reports. */

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { envelopeNames, rawInputs } from "../../server/privacy/parse-event.ts";
import { openBetterSqlite3 } from "../../server/store/driver/better-sqlite3.ts";
import { EditorChangedNotification, maxEventsPerRequest, RecordEventsRequest } from "../../shared/protocol/record.ts";
import { StatsRequest } from "../../shared/protocol/reports.ts";
import { ExportRequest, PurgeRequest, StatusRequest } from "../../shared/protocol/worker.ts";
import { eventAliases, eventTypeNames } from "../../shared/schema/events.ts";
import { fieldNames } from "../../shared/schema/fields.ts";
import { markRaw } from "../../shared/schema/raw.ts";
import { englishOf, messageWith } from "../fixtures/message-text.ts";
import { anything, toolUse } from "../fixtures/raw-events.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";
import { WorkerProcess } from "./worker-process.ts";

const isRoot = process.getuid?.() === 0;
const databaseIn = (home: string) => join(home, "nexus", "state", "telemetry.db");
const toolCalls = (count: number) => Array.from({ length: count }, () => toolUse());
const stored = (count: number) => ({ outcome: "stored", stored: count, repeated: 0, refused: 0, belowWatermark: 0 });

async function consenting(part: Parameters<WorkerProcess["consent"]>[0] = {}) {
  const home = tempFolder();
  const worker = await WorkerProcess.start({ home });
  await worker.consent(part);
  return { home, worker };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe("worker", () => {
  it("stores a command by its public name and counts it", async () => {
    const { worker } = await consenting();
    const events = [toolUse({ tool_phase: "start" }), toolUse({ exit_code: 1, command_line: "npm run build" })];
    expect(await worker.request(RecordEventsRequest, { events })).toEqual(stored(2));
    expect(await worker.request(StatsRequest, { period: "week" })).toMatchObject({
      commands: 1,
      failed: 1,
      sessions: 1,
      topCommands: [{ name: "npm run build", count: 1 }],
    });
    expect(worker.notifications.map(({ method }) => method)).toContain("nexus/dataChanged");
  });

  it("exports and purges events", async () => {
    const { home, worker } = await consenting();
    await worker.request(RecordEventsRequest, { events: toolCalls(50) });
    const path = join(home, "mine.json");
    expect(await worker.request(ExportRequest, { path, format: "json", what: ["events"] })).toEqual({
      counts: [{ kind: "events", rows: 50 }],
      sizeBytes: statSync(path).size,
    });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await worker.request(PurgeRequest, {})).toMatchObject({ events: 50, sessions: 1 });
    expect(await worker.request(StatusRequest, {})).toMatchObject({
      database: { events: 0 },
      permission: { mode: "local" },
    });
  });
});

describe("invariant: off-means-nothing", () => {
  it("creates no file for any request", async () => {
    const home = tempFolder();
    const worker = await WorkerProcess.start({ home });
    const response = await worker.request(RecordEventsRequest, { events: toolCalls(3) });
    expect(response).toMatchObject({ outcome: "not_permitted", permission: { mode: "off", consent: "never_asked" } });
    expect(await worker.request(StatusRequest, {})).toMatchObject({ database: null });
    expect(await worker.request(StatsRequest, { period: "month" })).toMatchObject({ commands: 0 });
    expect(await worker.request(PurgeRequest, {})).toMatchObject({
      events: 0,
      sessions: 0,
      freedBytes: 0,
      searched: 0,
      found: 0,
    });
    await worker.stop();
    expect(readdirSync(home)).toEqual([]);
  });

  it("stores only the consent record if the user declines", async () => {
    const home = tempFolder();
    const worker = await WorkerProcess.start({ home });
    await worker.consent({ mode: "off", collect: [] });
    await worker.request(RecordEventsRequest, { events: toolCalls(3) });
    await worker.stop();
    expect(filesBelow(home)).toEqual([join(home, ".config", "nexus", "consent.jsonl")]);
  });

  it("stores nothing after consent is withdrawn, in this or another window", async () => {
    const { home, worker } = await consenting();
    await worker.request(RecordEventsRequest, { events: toolCalls(2) });
    const other = await WorkerProcess.start({ home });
    await other.consent({ mode: "off", collect: [] });
    expect(await worker.request(RecordEventsRequest, { events: toolCalls(1) })).toMatchObject({
      outcome: "not_permitted",
      permission: { consent: "refused" },
    });
    expect(await other.request(StatusRequest, {})).toMatchObject({ database: { events: 2 } });
  });
});

describe("invariant: only-you-can-say-yes", () => {
  it.each([
    ["NEXUS_TELEMETRY_ENABLED", "false"],
    ["NEXUS_TELEMETRY", "0"],
  ])("blocks recording with %s=%s and reports it", async (name, value) => {
    const { home } = await consenting();
    const worker = await WorkerProcess.start({ home, env: { [name]: value } });
    expect(await worker.request(RecordEventsRequest, { events: toolCalls(1) })).toMatchObject({
      outcome: "not_permitted",
      permission: { refusals: [{ by: "environment", name }] },
    });
  });

  it("still records locally with DO_NOT_TRACK and CI, and reports both", async () => {
    const { home } = await consenting();
    const worker = await WorkerProcess.start({ home, env: { DO_NOT_TRACK: "1", CI: "true" } });
    expect(await worker.request(RecordEventsRequest, { events: toolCalls(1) })).toEqual(stored(1));
    const { permission } = await worker.request(StatusRequest, {});
    expect(permission?.refusals.map(({ by }) => by)).toEqual(["do_not_track", "ci"]);
  });

  it("never takes consent from the configuration, but honours a refusal there immediately", async () => {
    const home = tempFolder();
    const config = join(home, ".config", "nexus", "config.toml");
    mkdirSync(join(config, ".."), { recursive: true });
    writeFileSync(config, "[telemetry]\nenabled = true\nmode = 'share'\n");
    const worker = await WorkerProcess.start({ home });
    expect(await worker.request(RecordEventsRequest, { events: toolCalls(1) })).toMatchObject({
      outcome: "not_permitted",
    });
    await worker.consent();
    expect(await worker.request(RecordEventsRequest, { events: toolCalls(1) })).toEqual(stored(1));
    writeFileSync(config, "[telemetry]\nenabled = false\n");
    expect(await worker.request(RecordEventsRequest, { events: toolCalls(1) })).toMatchObject({
      outcome: "not_permitted",
      permission: { refusals: [{ by: "config_file", name: `enabled in ${config}` }] },
    });
  });

  it("applies changes of the editor's setting immediately", async () => {
    const { worker } = await consenting();
    await worker.connection.sendNotification(EditorChangedNotification.method, {
      telemetry: false,
      enabled: false,
      proxy: null,
    });
    expect(await worker.request(RecordEventsRequest, { events: toolCalls(1) })).toMatchObject({
      outcome: "not_permitted",
    });
    await worker.connection.sendNotification(EditorChangedNotification.method, {
      telemetry: false,
      enabled: true,
      proxy: null,
    });
    expect(await worker.request(RecordEventsRequest, { events: toolCalls(1) })).toEqual(stored(1));
  });

  it("records only selected categories", async () => {
    const { home, worker } = await consenting({ collect: ["tool_usage"] });
    await worker.request(RecordEventsRequest, { events: toolCalls(1) });
    const path = join(home, "mine.json");
    await worker.request(ExportRequest, { format: "json", what: ["events"], path });
    const [event] = JSON.parse(readFileSync(path, "utf8")).events;
    expect(event.payload).toEqual({ stream: "tool", tool_name: "run_terminal_cmd", tool_phase: "end" });
  });

  it("treats a deleted data folder as another installation and reports it", async () => {
    const { home, worker } = await consenting();
    await worker.request(RecordEventsRequest, { events: toolCalls(1) });
    rmSync(join(home, "nexus"), { recursive: true });
    expect(await worker.request(RecordEventsRequest, { events: toolCalls(2) })).toMatchObject({
      outcome: "not_permitted",
    });
    const { permission, notes } = await worker.request(StatusRequest, {});
    expect(permission).toMatchObject({ mode: "off", consent: "never_asked" });
    expect(englishOf(notes)).toContain("belongs to another installation");
    expect(existsSync(join(home, "nexus"))).toBe(false);
  });

  it("rejects consent to a notice that was not shown", async () => {
    const home = tempFolder();
    const worker = await WorkerProcess.start({ home });
    await expect(worker.consent({ notice: { version: "1", sha256: "0", language: "en" } })).rejects.toThrow(
      "The consent notice has changed",
    );
    expect(readdirSync(home)).toEqual([]);
  });
});

describe("invariant: never-lost-never-twice", () => {
  it("keeps every acknowledged event after kill -9, and counts a repeated one once", async () => {
    const { home, worker } = await consenting();
    const batches = Array.from({ length: 20 }, () => toolCalls(50));
    let acknowledged = 0;
    for (const events of batches.slice(0, 12)) {
      await worker.request(RecordEventsRequest, { events });
      acknowledged += events.length;
    }
    // The process dies during the next request, so the sender does not know whether it was stored.
    const lost = worker.request(RecordEventsRequest, { events: batches[12] ?? [] }).catch(() => undefined);
    await worker.kill();
    await Promise.race([lost, worker.kill()]);
    const next = await WorkerProcess.start({ home });
    const { database } = await next.request(StatusRequest, {});
    expect(database?.events).toBeGreaterThanOrEqual(acknowledged);
    for (const events of batches) await next.request(RecordEventsRequest, { events });
    expect(await next.request(StatusRequest, {})).toMatchObject({ database: { events: 1_000, sessions: 1 } });
  });

  it("shares the database with other windows", async () => {
    const { home, worker } = await consenting();
    const other = await WorkerProcess.start({ home });
    await Promise.all(
      [worker, other].flatMap((each) =>
        Array.from({ length: 10 }, () => each.request(RecordEventsRequest, { events: toolCalls(20) })),
      ),
    );
    expect(await worker.request(StatusRequest, {})).toMatchObject({ database: { events: 400 } });
  });
});

describe("invariant: no-free-text", () => {
  it("lets no planted secret reach a file, response, notification or output", async () => {
    const { home, worker } = await consenting();
    const canary = "CANARY-9c1e";
    const responses: unknown[] = [];
    const keys = [...fieldNames, ...rawInputs, ...envelopeNames, "execution", "context", "extra", canary];
    for (const event_type of [...eventTypeNames, ...Object.keys(eventAliases)]) {
      const planted = keys.flatMap((key) =>
        [canary, `git commit -m ${canary}`, { [canary]: canary, command: canary }, [canary]].map((value) =>
          anything({ stream: "tool", tool_name: "Bash", tool_phase: "end", event_type, [key]: value }),
        ),
      );
      for (let at = 0; at < planted.length; at += maxEventsPerRequest) {
        responses.push(
          await worker.request(RecordEventsRequest, { events: planted.slice(at, at + maxEventsPerRequest) }),
        );
      }
    }
    responses.push(await worker.request(RecordEventsRequest, { events: [markRaw([canary])] }));
    const exported = join(home, "export.json");
    responses.push(await worker.request(ExportRequest, { path: exported, format: "json", what: ["events"] }));
    expect(JSON.parse(readFileSync(exported, "utf8")).events.length).toBeGreaterThan(1_000);
    for (const malformed of [{ events: canary }, canary, { [canary]: [] }, { events: [], more: canary }]) {
      responses.push(
        await worker.connection.sendRequest(RecordEventsRequest.method, malformed).catch((error) => String(error)),
      );
    }
    responses.push(await worker.request(StatusRequest, {}));
    await worker.stop();
    expect(JSON.stringify([responses, worker.notifications, worker.output])).not.toContain(canary);
    for (const file of filesBelow(home)) expect(readFileSync(file, "latin1")).not.toContain(canary);
    expect(existsSync(databaseIn(home))).toBe(true);
  });
});

describe("faults", () => {
  const kindOf = async (worker: WorkerProcess) => (await worker.request(StatusRequest, {})).problem?.kind ?? null;

  it("rejects a malformed message by name and path, and continues", async () => {
    const { worker } = await consenting();
    const send = (params: unknown) => worker.connection.sendRequest(RecordEventsRequest.method, params);
    await expect(send({ events: "x" })).rejects.toThrow("nexus/record.events: expected an array");
    await expect(send({ events: [], novel: 1 })).rejects.toThrow("nexus/record: expected no fields other than events");
    await expect(worker.connection.sendRequest("nexus/unknown", {})).rejects.toThrow("Unhandled method");
    expect(await worker.request(RecordEventsRequest, { events: toolCalls(1) })).toEqual(stored(1));
  });

  it("reports an invalid configuration and recovers", async () => {
    const { home, worker } = await consenting();
    const config = join(home, ".config", "nexus", "config.toml");
    writeFileSync(config, "[telemetry]\nretention_day = 3\n");
    const response = await worker.request(RecordEventsRequest, { events: toolCalls(1) });
    expect(response).toMatchObject({ outcome: "failed", problem: { kind: "config_invalid" } });
    expect(JSON.stringify(response)).toContain("Did you mean retention_days?");
    expect(await kindOf(worker)).toBe("config_invalid");
    writeFileSync(config, "[telemetry]\nretention_days = 30\n");
    expect(await worker.request(RecordEventsRequest, { events: toolCalls(1) })).toEqual(stored(1));
    expect(await kindOf(worker)).toBeNull();
  });

  it("accepts a withdrawal of consent with an invalid configuration", async () => {
    const { home, worker } = await consenting();
    writeFileSync(join(home, ".config", "nexus", "config.toml"), "[telemetry]\nretention_day = 3\n");
    const response = await worker.consent({ mode: "off", collect: [] });
    expect(response.permission).toMatchObject({ mode: "off", consent: "refused" });
    expect(await worker.request(StatusRequest, {})).toMatchObject({
      permission: null,
      problem: { kind: "config_invalid" },
    });
  });

  it("ignores and reports a path that is not absolute", async () => {
    const home = tempFolder();
    const worker = await WorkerProcess.start({ home, env: { NEXUS_HOME: "somewhere" } });
    expect(await worker.request(StatusRequest, {})).toMatchObject({
      databasePath: databaseIn(home),
      notes: [messageWith("NEXUS_HOME is not an absolute path and is ignored.")],
    });
  });

  it("reports a locked database and recovers", async () => {
    const { home, worker } = await consenting();
    await worker.request(RecordEventsRequest, { events: toolCalls(1) });
    const holder = openBetterSqlite3(databaseIn(home), { readOnly: false, busyTimeoutMs: 5_000 });
    onTestFinished(() => holder.close());
    holder.exec("BEGIN IMMEDIATE");
    expect(await worker.request(RecordEventsRequest, { events: toolCalls(1) })).toMatchObject({
      outcome: "failed",
      problem: { kind: "database_locked" },
    });
    holder.exec("ROLLBACK");
    expect(await worker.request(RecordEventsRequest, { events: toolCalls(1) })).toEqual(stored(1));
    expect(await worker.request(StatusRequest, {})).toMatchObject({ database: { events: 2 }, problem: null });
  });

  it("quarantines a corrupt database, reports it and creates a new one", async () => {
    const { home, worker } = await consenting();
    await worker.request(RecordEventsRequest, { events: toolCalls(10) });
    await worker.stop();
    writeFileSync(databaseIn(home), Buffer.alloc(20_000, "damage "));
    const next = await WorkerProcess.start({ home });
    expect(await next.request(RecordEventsRequest, { events: toolCalls(1) })).toEqual(stored(1));
    expect(await kindOf(next)).toBe("database_quarantined");
    const quarantined = readdirSync(join(home, "nexus", "state")).filter((name) => name.includes(".unsound-"));
    expect(quarantined).toHaveLength(1);
  });

  it("creates a new database if it is deleted while in use", async () => {
    const { home, worker } = await consenting();
    await worker.request(RecordEventsRequest, { events: toolCalls(1) });
    for (const suffix of ["", "-wal", "-shm"]) rmSync(databaseIn(home) + suffix, { force: true });
    expect(await worker.request(RecordEventsRequest, { events: toolCalls(2) })).toEqual(stored(2));
    expect(await worker.request(StatusRequest, {})).toMatchObject({ database: { events: 2 } });
    // Another process sees the new database too.
    expect(await (await WorkerProcess.start({ home })).request(StatusRequest, {})).toMatchObject({
      database: { events: 2 },
    });
  });

  it("records nothing with a damaged consent file", async () => {
    const { home, worker } = await consenting();
    const file = join(home, ".config", "nexus", "consent.jsonl");
    writeFileSync(file, `${readFileSync(file, "utf8")}{"mode":"lo`);
    expect(await worker.request(RecordEventsRequest, { events: toolCalls(1) })).toMatchObject({
      outcome: "not_permitted",
      permission: { consent: "damaged" },
    });
    await worker.consent();
    expect(await worker.request(RecordEventsRequest, { events: toolCalls(1) })).toEqual(stored(1));
  });

  it("reports a read-only folder and recovers", async () => {
    // Root can write everywhere, so as root the worker runs as the user "nobody".
    const nobodyUid = 65_534;
    const home = tempFolder();
    const state = join(home, "nexus", "state");
    mkdirSync(state, { recursive: true });
    mkdirSync(join(home, ".config", "nexus"), { recursive: true });
    if (isRoot)
      for (const folder of [home, join(home, "nexus"), state, join(home, ".config"), join(home, ".config", "nexus")])
        chownSync(folder, nobodyUid, nobodyUid);
    const worker = await WorkerProcess.start({ home, ...(isRoot ? { uid: nobodyUid } : {}) });
    await worker.consent();
    chmodSync(state, 0o500);
    const events = toolCalls(1);
    expect(await worker.request(RecordEventsRequest, { events })).toMatchObject({
      outcome: "failed",
      problem: { kind: "read_only" },
    });
    chmodSync(state, 0o700);
    expect(await worker.request(RecordEventsRequest, { events })).toEqual(stored(1));
  });

  it.skipIf(!isRoot)("reports a full disk and recovers (requires root for a mount)", async () => {
    const home = tempFolder();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=512k", "tmpfs", home]);
    onTestFinished(() => void execFileSync("umount", ["-l", home]));
    const worker = await WorkerProcess.start({ home });
    await worker.consent();
    expect(await worker.request(RecordEventsRequest, { events: toolCalls(1) })).toEqual(stored(1));
    const ballast = join(home, "ballast");
    let acknowledged = 1;
    try {
      for (;;) writeFileSync(ballast, Buffer.alloc(4_096), { flag: "a" });
    } catch {
      // The disk is full.
    }
    let events = toolCalls(50);
    let response = await worker.request(RecordEventsRequest, { events });
    for (; response.outcome === "stored"; response = await worker.request(RecordEventsRequest, { events })) {
      acknowledged += response.stored;
      events = toolCalls(50);
    }
    expect(response).toMatchObject({ outcome: "failed", problem: { kind: "disk_full" } });
    rmSync(ballast);
    expect(await worker.request(RecordEventsRequest, { events })).toEqual(stored(50));
    expect(await worker.request(StatusRequest, {})).toMatchObject({
      database: { events: acknowledged + 50 },
      problem: null,
    });
  });

  it("does not change a database of a newer version", async () => {
    const { home, worker } = await consenting();
    await worker.request(RecordEventsRequest, { events: toolCalls(1) });
    await worker.stop();
    const newer = openBetterSqlite3(databaseIn(home), { readOnly: false, busyTimeoutMs: 0 });
    newer.exec("PRAGMA user_version = 999");
    newer.close();
    const next = await WorkerProcess.start({ home });
    expect(await next.request(RecordEventsRequest, { events: toolCalls(1) })).toMatchObject({
      problem: { kind: "database_newer" },
    });
    renameSync(databaseIn(home), `${databaseIn(home)}.kept`);
    expect(await next.request(RecordEventsRequest, { events: toolCalls(1) })).toEqual(stored(1));
  });
});

describe("worker exit", () => {
  it("follows an exit or crash of the editor", async () => {
    const { worker } = await consenting();
    const exited = new Promise((resolve) => worker.process.once("exit", resolve));
    worker.process.disconnect();
    await exited;
  });

  it("leaves no temporary database files after a regular stop", async () => {
    const { home, worker } = await consenting();
    await worker.request(RecordEventsRequest, { events: toolCalls(1) });
    await worker.stop();
    expect(readdirSync(join(home, "nexus", "state"))).toEqual(["recording.txt", "telemetry.db", "usage"]);
  });
});
