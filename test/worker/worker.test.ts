/** The worker as a process: the main job, what it survives, and what it says when something is wrong. */
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
import { anything, toolUse } from "../fixtures/raw-events.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";
import { WorkerProcess } from "./worker-process.ts";

const isRoot = process.getuid?.() === 0;
const databaseIn = (home: string) => join(home, "nexus", "state", "telemetry.db");
const uses = (count: number) => Array.from({ length: count }, () => toolUse());
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

describe("the main job", () => {
  it("stores a captured command as words, and counts it", async () => {
    const { worker } = await consenting();
    const events = [toolUse({ tool_phase: "start" }), toolUse({ exit_code: 1, command_line: "npm run build" })];
    expect(await worker.request(RecordEventsRequest, { events })).toEqual(stored(2));
    expect(await worker.request(StatsRequest, { period: "week" })).toMatchObject({
      commands: 1,
      failed: 1,
      sessions: 1,
      topCommands: [{ name: "npm run", count: 1 }],
    });
    expect(worker.notifications.map(({ method }) => method)).toContain("nexus/dataChanged");
  });

  it("exports and purges", async () => {
    const { home, worker } = await consenting();
    await worker.request(RecordEventsRequest, { events: uses(50) });
    const path = join(home, "mine.json");
    expect(await worker.request(ExportRequest, { path, format: "json" })).toEqual({
      events: 50,
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
  it("creates no file, whatever is asked of it", async () => {
    const home = tempFolder();
    const worker = await WorkerProcess.start({ home });
    const answer = await worker.request(RecordEventsRequest, { events: uses(3) });
    expect(answer).toMatchObject({ outcome: "not_permitted", permission: { mode: "off", consent: "never_asked" } });
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

  it("keeps of a refusal nothing but its record", async () => {
    const home = tempFolder();
    const worker = await WorkerProcess.start({ home });
    await worker.consent({ mode: "off", collect: [] });
    await worker.request(RecordEventsRequest, { events: uses(3) });
    await worker.stop();
    expect(filesBelow(home)).toEqual([join(home, ".config", "nexus", "consent.jsonl")]);
  });

  it("stores nothing more from the moment the user says no, here or elsewhere", async () => {
    const { home, worker } = await consenting();
    await worker.request(RecordEventsRequest, { events: uses(2) });
    const elsewhere = await WorkerProcess.start({ home });
    await elsewhere.consent({ mode: "off", collect: [] });
    expect(await worker.request(RecordEventsRequest, { events: uses(1) })).toMatchObject({
      outcome: "not_permitted",
      permission: { consent: "refused" },
    });
    expect(await elsewhere.request(StatusRequest, {})).toMatchObject({ database: { events: 2 } });
  });
});

describe("invariant: only-you-can-say-yes", () => {
  it.each([
    ["NEXUS_TELEMETRY_ENABLED", "false"],
    ["NEXUS_TELEMETRY", "0"],
  ])("%s=%s forbids recording, and is named", async (name, value) => {
    const { home } = await consenting();
    const worker = await WorkerProcess.start({ home, env: { [name]: value } });
    expect(await worker.request(RecordEventsRequest, { events: uses(1) })).toMatchObject({
      outcome: "not_permitted",
      permission: { refusals: [{ by: "environment", name }] },
    });
  });

  it("DO_NOT_TRACK and CI leave what is kept locally, and are named", async () => {
    const { home } = await consenting();
    const worker = await WorkerProcess.start({ home, env: { DO_NOT_TRACK: "1", CI: "true" } });
    expect(await worker.request(RecordEventsRequest, { events: uses(1) })).toEqual(stored(1));
    const { permission } = await worker.request(StatusRequest, {});
    expect(permission?.refusals.map(({ by }) => by)).toEqual(["do_not_track", "ci"]);
  });

  it("a wish in the configuration is no yes; a no there is followed at once", async () => {
    const home = tempFolder();
    const config = join(home, ".config", "nexus", "config.toml");
    mkdirSync(join(config, ".."), { recursive: true });
    writeFileSync(config, "[telemetry]\nenabled = true\nmode = 'share'\n");
    const worker = await WorkerProcess.start({ home });
    expect(await worker.request(RecordEventsRequest, { events: uses(1) })).toMatchObject({ outcome: "not_permitted" });
    await worker.consent();
    expect(await worker.request(RecordEventsRequest, { events: uses(1) })).toEqual(stored(1));
    writeFileSync(config, "[telemetry]\nenabled = false\n");
    expect(await worker.request(RecordEventsRequest, { events: uses(1) })).toMatchObject({
      outcome: "not_permitted",
      permission: { refusals: [{ by: "config_file", name: `enabled in ${config}` }] },
    });
  });

  it("follows the editor's setting live", async () => {
    const { worker } = await consenting();
    await worker.connection.sendNotification(EditorChangedNotification.method, {
      telemetry: false,
      enabled: false,
      proxy: null,
    });
    expect(await worker.request(RecordEventsRequest, { events: uses(1) })).toMatchObject({ outcome: "not_permitted" });
    await worker.connection.sendNotification(EditorChangedNotification.method, {
      telemetry: false,
      enabled: true,
      proxy: null,
    });
    expect(await worker.request(RecordEventsRequest, { events: uses(1) })).toEqual(stored(1));
  });

  it("records only the categories that were ticked", async () => {
    const { home, worker } = await consenting({ collect: ["tool_usage"] });
    await worker.request(RecordEventsRequest, { events: uses(1) });
    const path = join(home, "mine.json");
    await worker.request(ExportRequest, { format: "json", path });
    const [event] = JSON.parse(readFileSync(path, "utf8"));
    expect(event.payload).toEqual({ stream: "tool", tool_name: "run_terminal_cmd", tool_phase: "end" });
  });

  it("takes a folder that was removed with all that is in it for another installation, and says so", async () => {
    const { home, worker } = await consenting();
    await worker.request(RecordEventsRequest, { events: uses(1) });
    rmSync(join(home, "nexus"), { recursive: true });
    expect(await worker.request(RecordEventsRequest, { events: uses(2) })).toMatchObject({ outcome: "not_permitted" });
    const { permission, notes } = await worker.request(StatusRequest, {});
    expect(permission).toMatchObject({ mode: "off", consent: "never_asked" });
    expect(notes.join(" ")).toContain("belongs to another installation");
    expect(existsSync(join(home, "nexus"))).toBe(false);
  });

  it("takes no yes to a text that was not shown", async () => {
    const home = tempFolder();
    const worker = await WorkerProcess.start({ home });
    await expect(worker.consent({ notice: { version: "1", sha256: "0" } })).rejects.toThrow("The text has changed");
    expect(readdirSync(home)).toEqual([]);
  });
});

describe("invariant: never-lost-never-twice", () => {
  it("keeps every acknowledged event over a kill -9, and counts a repeat once", async () => {
    const { home, worker } = await consenting();
    const batches = Array.from({ length: 20 }, () => uses(50));
    let acknowledged = 0;
    for (const events of batches.slice(0, 12)) {
      await worker.request(RecordEventsRequest, { events });
      acknowledged += events.length;
    }
    // The next one is on its way when the process dies; whether it was stored is unknown to its sender.
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
      [worker, other].flatMap((one) =>
        Array.from({ length: 10 }, () => one.request(RecordEventsRequest, { events: uses(20) })),
      ),
    );
    expect(await worker.request(StatusRequest, {})).toMatchObject({ database: { events: 400 } });
  });
});

describe("invariant: no-free-text", () => {
  it("lets no planted secret reach a file, an answer, a notification or the output", async () => {
    const { home, worker } = await consenting();
    const canary = "CANARY-9c1e";
    const answers: unknown[] = [];
    const places = [...fieldNames, ...rawInputs, ...envelopeNames, "execution", "context", "extra", canary];
    for (const event_type of [...eventTypeNames, ...Object.keys(eventAliases)]) {
      const planted = places.flatMap((place) =>
        [canary, `git commit -m ${canary}`, { [canary]: canary, command: canary }, [canary]].map((value) =>
          anything({ stream: "tool", tool_name: "Bash", tool_phase: "end", event_type, [place]: value }),
        ),
      );
      for (let at = 0; at < planted.length; at += maxEventsPerRequest) {
        answers.push(
          await worker.request(RecordEventsRequest, { events: planted.slice(at, at + maxEventsPerRequest) }),
        );
      }
    }
    answers.push(await worker.request(RecordEventsRequest, { events: [markRaw([canary])] }));
    const exported = join(home, "export.json");
    answers.push(await worker.request(ExportRequest, { path: exported, format: "json" }));
    expect(JSON.parse(readFileSync(exported, "utf8")).length).toBeGreaterThan(1_000);
    for (const malformed of [{ events: canary }, canary, { [canary]: [] }, { events: [], more: canary }]) {
      answers.push(
        await worker.connection.sendRequest(RecordEventsRequest.method, malformed).catch((error) => String(error)),
      );
    }
    answers.push(await worker.request(StatusRequest, {}));
    await worker.stop();
    expect(JSON.stringify([answers, worker.notifications, worker.output])).not.toContain(canary);
    for (const file of filesBelow(home)) expect(readFileSync(file, "latin1")).not.toContain(canary);
    expect(existsSync(databaseIn(home))).toBe(true);
  });
});

describe("bad input is told, heals, and loses nothing that was acknowledged", () => {
  const kindOf = async (worker: WorkerProcess) => (await worker.request(StatusRequest, {})).problem?.kind ?? null;

  it("a malformed message is refused by name and place, and the worker goes on", async () => {
    const { worker } = await consenting();
    const send = (params: unknown) => worker.connection.sendRequest(RecordEventsRequest.method, params);
    await expect(send({ events: "x" })).rejects.toThrow("nexus/record.events: expected a list");
    await expect(send({ events: [], novel: 1 })).rejects.toThrow("nexus/record: expected no field beside events");
    await expect(worker.connection.sendRequest("nexus/unknown", {})).rejects.toThrow("Unhandled method");
    expect(await worker.request(RecordEventsRequest, { events: uses(1) })).toEqual(stored(1));
  });

  it("a configuration with an unknown key or a wrong type", async () => {
    const { home, worker } = await consenting();
    const config = join(home, ".config", "nexus", "config.toml");
    writeFileSync(config, "[telemetry]\nretention_day = 3\n");
    const answer = await worker.request(RecordEventsRequest, { events: uses(1) });
    expect(answer).toMatchObject({ outcome: "failed", problem: { kind: "config_invalid" } });
    expect(JSON.stringify(answer)).toContain("Did you mean retention_days?");
    expect(await kindOf(worker)).toBe("config_invalid");
    writeFileSync(config, "[telemetry]\nretention_days = 30\n");
    expect(await worker.request(RecordEventsRequest, { events: uses(1) })).toEqual(stored(1));
    expect(await kindOf(worker)).toBeNull();
  });

  it("a no counts, whatever the configuration is like", async () => {
    const { home, worker } = await consenting();
    writeFileSync(join(home, ".config", "nexus", "config.toml"), "[telemetry]\nretention_day = 3\n");
    const answer = await worker.consent({ mode: "off", collect: [] });
    expect(answer.permission).toMatchObject({ mode: "off", consent: "refused" });
    expect(await worker.request(StatusRequest, {})).toMatchObject({
      permission: null,
      problem: { kind: "config_invalid" },
    });
  });

  it("a path that is not absolute does not count, and is named", async () => {
    const home = tempFolder();
    const worker = await WorkerProcess.start({ home, env: { NEXUS_HOME: "somewhere" } });
    expect(await worker.request(StatusRequest, {})).toMatchObject({
      databasePath: databaseIn(home),
      notes: ["NEXUS_HOME is no absolute path and does not count."],
    });
  });

  it("a database that another program holds", async () => {
    const { home, worker } = await consenting();
    await worker.request(RecordEventsRequest, { events: uses(1) });
    const holder = openBetterSqlite3(databaseIn(home), { readOnly: false, busyTimeoutMs: 5_000 });
    onTestFinished(() => holder.close());
    holder.exec("BEGIN IMMEDIATE");
    expect(await worker.request(RecordEventsRequest, { events: uses(1) })).toMatchObject({
      outcome: "failed",
      problem: { kind: "database_locked" },
    });
    holder.exec("ROLLBACK");
    expect(await worker.request(RecordEventsRequest, { events: uses(1) })).toEqual(stored(1));
    expect(await worker.request(StatusRequest, {})).toMatchObject({ database: { events: 2 }, problem: null });
  });

  it("a corrupt database is set aside, told, and a new one begun", async () => {
    const { home, worker } = await consenting();
    await worker.request(RecordEventsRequest, { events: uses(10) });
    await worker.stop();
    writeFileSync(databaseIn(home), Buffer.alloc(20_000, "damage "));
    const next = await WorkerProcess.start({ home });
    expect(await next.request(RecordEventsRequest, { events: uses(1) })).toEqual(stored(1));
    expect(await kindOf(next)).toBe("database_quarantined");
    const kept = readdirSync(join(home, "nexus", "state")).filter((name) => name.includes(".unsound-"));
    expect(kept).toHaveLength(1);
  });

  it("a database that is deleted while in use", async () => {
    const { home, worker } = await consenting();
    await worker.request(RecordEventsRequest, { events: uses(1) });
    for (const suffix of ["", "-wal", "-shm"]) rmSync(databaseIn(home) + suffix, { force: true });
    expect(await worker.request(RecordEventsRequest, { events: uses(2) })).toEqual(stored(2));
    expect(await worker.request(StatusRequest, {})).toMatchObject({ database: { events: 2 } });
    // Also for whoever opens it next.
    expect(await (await WorkerProcess.start({ home })).request(StatusRequest, {})).toMatchObject({
      database: { events: 2 },
    });
  });

  it("a damaged consent record counts as no", async () => {
    const { home, worker } = await consenting();
    const file = join(home, ".config", "nexus", "consent.jsonl");
    writeFileSync(file, `${readFileSync(file, "utf8")}{"mode":"lo`);
    expect(await worker.request(RecordEventsRequest, { events: uses(1) })).toMatchObject({
      outcome: "not_permitted",
      permission: { consent: "damaged" },
    });
    await worker.consent();
    expect(await worker.request(RecordEventsRequest, { events: uses(1) })).toEqual(stored(1));
  });

  it("a folder without the right to write", async () => {
    // Root may write everywhere, so the worker runs as nobody there.
    const nobody = 65_534;
    const home = tempFolder();
    const state = join(home, "nexus", "state");
    mkdirSync(state, { recursive: true });
    mkdirSync(join(home, ".config", "nexus"), { recursive: true });
    if (isRoot)
      for (const folder of [home, join(home, "nexus"), state, join(home, ".config"), join(home, ".config", "nexus")])
        chownSync(folder, nobody, nobody);
    const worker = await WorkerProcess.start({ home, ...(isRoot ? { uid: nobody } : {}) });
    await worker.consent();
    chmodSync(state, 0o500);
    const events = uses(1);
    expect(await worker.request(RecordEventsRequest, { events })).toMatchObject({
      outcome: "failed",
      problem: { kind: "read_only" },
    });
    chmodSync(state, 0o700);
    expect(await worker.request(RecordEventsRequest, { events })).toEqual(stored(1));
  });

  it.skipIf(!isRoot)("a full disk (needs root, to mount a small one)", async () => {
    const home = tempFolder();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=512k", "tmpfs", home]);
    onTestFinished(() => void execFileSync("umount", ["-l", home]));
    const worker = await WorkerProcess.start({ home });
    await worker.consent();
    expect(await worker.request(RecordEventsRequest, { events: uses(1) })).toEqual(stored(1));
    const ballast = join(home, "ballast");
    let acknowledged = 1;
    try {
      for (;;) writeFileSync(ballast, Buffer.alloc(4_096), { flag: "a" });
    } catch {
      // Full, as wanted.
    }
    let events = uses(50);
    let answer = await worker.request(RecordEventsRequest, { events });
    for (; answer.outcome === "stored"; answer = await worker.request(RecordEventsRequest, { events })) {
      acknowledged += answer.stored;
      events = uses(50);
    }
    expect(answer).toMatchObject({ outcome: "failed", problem: { kind: "disk_full" } });
    rmSync(ballast);
    expect(await worker.request(RecordEventsRequest, { events })).toEqual(stored(50));
    expect(await worker.request(StatusRequest, {})).toMatchObject({
      database: { events: acknowledged + 50 },
      problem: null,
    });
  });

  it("a database of a newer version is left alone", async () => {
    const { home, worker } = await consenting();
    await worker.request(RecordEventsRequest, { events: uses(1) });
    await worker.stop();
    const newer = openBetterSqlite3(databaseIn(home), { readOnly: false, busyTimeoutMs: 0 });
    newer.exec("PRAGMA user_version = 999");
    newer.close();
    const next = await WorkerProcess.start({ home });
    expect(await next.request(RecordEventsRequest, { events: uses(1) })).toMatchObject({
      problem: { kind: "database_newer" },
    });
    renameSync(databaseIn(home), `${databaseIn(home)}.kept`);
    expect(await next.request(RecordEventsRequest, { events: uses(1) })).toEqual(stored(1));
  });
});

describe("its end", () => {
  it("ends with the editor, also with one that crashed", async () => {
    const { worker } = await consenting();
    const exited = new Promise((resolve) => worker.process.once("exit", resolve));
    worker.process.disconnect();
    await exited;
  });

  it("tidies up its side files in good order", async () => {
    const { home, worker } = await consenting();
    await worker.request(RecordEventsRequest, { events: uses(1) });
    await worker.stop();
    expect(readdirSync(join(home, "nexus", "state"))).toEqual(["recording.txt", "telemetry.db", "usage"]);
  });
});
