import {
  appendFileSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import fc from "fast-check";
import { v4, v7 } from "uuid";
import { describe, expect, it } from "vitest";
import { newAgentIds } from "../../test/fixtures/agent-ids.ts";
import { FixedClock } from "../../test/fixtures/clock.ts";
import { englishOf } from "../../test/fixtures/message-text.ts";
import { type SharerOptions, SharingWorker } from "../../test/fixtures/sharing-worker.ts";
import { openWithDriver } from "../store/driver/select-driver.ts";
import type { StoredEvent } from "../store/events/read.ts";
import type { TelemetryService } from "../worker/service.ts";
import { Leftovers } from "./leftovers.ts";
import { logName } from "./log-name.ts";
import { LogReader, lineOf } from "./log-reader.ts";

function logs(options: SharerOptions = {}) {
  const sharer = new SharingWorker(options);
  sharer.consent("local");
  const folder = join(sharer.home, "nexus", "state", "events");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "agent.jsonl");
  return {
    sharer,
    worker: sharer.worker,
    folder,
    file,
    stored: () => sharer.worker.reader.status().database?.events ?? 0,
  };
}

/** Imports until every imported log is removed. */
async function importAll(worker: TelemetryService): Promise<void> {
  while (((await worker.importLogs())?.unremoved ?? 0) > 0) await wait(50);
}

let seq = 0;
const session_id = v4();
function line(part: object = {}): string {
  seq += 1;
  return `${JSON.stringify({
    id: v7(),
    ts: Date.now() + 1,
    utc_offset_min: 60,
    session_id,
    source: "nexus_cli",
    seq,
    event_type: "command_started",
    command: "npm run secret-task --token=a-long-one",
    note: "a private text",
    ...part,
  })}\n`;
}

/** The newest events as they are stored: nothing is shared here. */
const newestIn = (worker: TelemetryService): readonly StoredEvent[] => {
  const newest = worker.reader.newest(10);
  return newest.sharing ? [] : newest.events;
};

describe("event log import", () => {
  it("removes a log after its import", async () => {
    const { worker, folder, file, stored } = logs();
    writeFileSync(file, line() + line());
    expect(await worker.importLogs()).toMatchObject({ files: 1, lines: 2, stored: 2, malformed: 0, unremoved: 1 });
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/^agent\.jsonl\.[0-9a-f]{8}\.importing$/)]);
    appendFileSync(file, line());
    expect(await worker.importLogs()).toMatchObject({ lines: 1, stored: 1 });
    await importAll(worker);
    expect(readdirSync(folder)).toEqual([]);
    expect(stored()).toBe(3);
  });

  it("waits for the rest of an unfinished last line", async () => {
    const { worker, file } = logs();
    const text = line();
    writeFileSync(file, line() + text.slice(0, 40));
    expect(await worker.importLogs()).toMatchObject({ lines: 1, stored: 1, malformed: 0 });
    appendFileSync(file, text.slice(40));
    expect(await worker.importLogs()).toMatchObject({ lines: 1, stored: 1 });
  });

  it("counts a last line that stays unfinished for a minute as damaged", async () => {
    const { worker, folder, file } = logs();
    writeFileSync(file, line() + line().slice(0, 40));
    await worker.importLogs();
    const past = Date.now() / 1_000 - 3_600;
    utimesSync(file, past, past);
    // ctime cannot be set, so the clock is moved forward instead.
    const { ctimeMs } = statSync(file);
    expect(ctimeMs).toBeGreaterThan(past * 1_000);
    const [realNow, later] = [Date.now, Date.now() + 3_600_000];
    Date.now = () => later;
    try {
      await worker.importLogs();
      await importAll(worker);
    } finally {
      Date.now = realNow;
    }
    expect(readdirSync(folder)).toEqual(["not-imported"]);
    expect(new Leftovers(folder).count()).toEqual({ before_consent: 0, ahead_of_clock: 0, damaged: 1 });
  });

  it("skips foreign lines and stores only the fields of an event", async () => {
    const { sharer, worker, folder, file } = logs();
    const foreign = [
      "not json",
      "[1,2]",
      "null",
      '{"level":"info","msg":"hello"}',
      "",
      `{"x":"${"y".repeat(70_000)}"}`,
    ];
    writeFileSync(file, `${foreign.join("\n")}\n${line()}`);
    expect(await worker.importLogs()).toMatchObject({ lines: 6, malformed: 4, refused: 1, stored: 1 });
    const target = join(sharer.home, "out.json");
    await worker.reader.export(target, { format: "json", what: ["events"] });
    const [event] = JSON.parse(readFileSync(target, "utf8")).events;
    expect(event.payload).toEqual({ command: "npm run" });
    expect(JSON.stringify(event)).not.toMatch(/secret|long|private/);
    expect(new Leftovers(folder).count()).toMatchObject({ damaged: 4 });
  });

  it("loses only the truncated line, not the ones after it", async () => {
    const { worker, file } = logs();
    writeFileSync(file, `\uFEFF${line()}${line().slice(0, 30)}${line()}\0\0\0${line()}`);
    expect(await worker.importLogs()).toMatchObject({ lines: 3, stored: 3, malformed: 0 });
  });

  it("imports nothing with NEXUS_EVENT_LOG=0", async () => {
    const { worker, file } = logs({ env: { NEXUS_EVENT_LOG: "0" } });
    writeFileSync(file, line());
    expect(await worker.importLogs()).toBeUndefined();
  });

  it("keeps lines dated before the consent or in the future as leftovers", async () => {
    const clock = new FixedClock(Date.now());
    const { worker, folder, file } = logs({ clock });
    writeFileSync(file, line({ ts: clock.tsMs - 60_000 }) + line({ ts: clock.tsMs + 40 * 86_400_000 }) + line());
    expect(await worker.importLogs()).toMatchObject({ lines: 3, beforeConsent: 1, ahead: 1, stored: 1 });
    expect(new Leftovers(folder).count()).toEqual({ before_consent: 1, ahead_of_clock: 1, damaged: 0 });
    clock.tsMs += 40 * 86_400_000;
    // Imported without a retry once it is due.
    expect(await worker.importLogs()).toMatchObject({ lines: 1, ahead: 0, stored: 1 });
    expect(await worker.importLogs({ retryLeftovers: true })).toMatchObject({ lines: 1, beforeConsent: 1, stored: 0 });
    expect(new Leftovers(folder).count()).toEqual({ before_consent: 1, ahead_of_clock: 0, damaged: 0 });
  });

  it("keeps each leftover once, however often it is retried, until its events would expire", async () => {
    const { worker, folder, file } = logs();
    writeFileSync(file, "damaged\n".repeat(300));
    await worker.importLogs();
    for (let n = 0; n < 3; n += 1) await worker.importLogs({ retryLeftovers: true });
    const leftovers = new Leftovers(folder);
    expect(leftovers.count()).toMatchObject({ damaged: 300 });
    const lines = readdirSync(leftovers.folder).flatMap((name) =>
      readFileSync(join(leftovers.folder, name), "utf8")
        .split("\n")
        .filter((text) => text !== ""),
    );
    expect(lines).toHaveLength(300);
    leftovers.expire(Date.now() - 86_400_000);
    expect(leftovers.count()).toMatchObject({ damaged: 300 });
    leftovers.expire(Date.now() + 2 * 86_400_000);
    expect(readdirSync(leftovers.folder)).toEqual([]);
  });

  it("keeps leftovers in a file with a wrong date until the lines are old", () => {
    const { folder } = logs();
    const leftovers = new Leftovers(folder);
    const text = line().trimEnd();
    const place = { log: "agent", first: "0".repeat(32), offset: 0 };
    const leftover = { reason: "ahead_of_clock", place, text, tsMs: JSON.parse(text).ts } as const;
    leftovers.keep([leftover], Date.now() - 365 * 86_400_000);
    leftovers.expire(Date.now() - 90 * 86_400_000);
    expect(leftovers.count()).toMatchObject({ ahead_of_clock: 1 });
    expect(leftovers.isDue(Date.now())).toBe(true);
  });

  it("applies a consent dated in the future from the time it is first read", async () => {
    const clock = new FixedClock(Date.now() + 180 * 86_400_000);
    const { worker, file } = logs({ clock });
    clock.tsMs = Date.now();
    writeFileSync(file, line({ ts: clock.tsMs - 1_000 }));
    expect(await worker.importLogs()).toMatchObject({ beforeConsent: 1, stored: 0 });
    appendFileSync(file, line({ ts: clock.tsMs + 1_000 }));
    expect(await worker.importLogs()).toMatchObject({ beforeConsent: 0, stored: 1 });
    expect(englishOf(worker.reader.status().notes)).toMatch(/Your consent is dated in the future/);
  });

  it("empties logs in a purge and never imports their lines again", async () => {
    const { worker, folder, file, stored } = logs();
    const before = line();
    writeFileSync(file, `not json\n${before}`);
    await worker.importLogs();
    writeFileSync(file, line());
    worker.purge();
    expect(readdirSync(folder)).toEqual(["agent.jsonl"]);
    expect(statSync(file).size).toBe(0);
    appendFileSync(file, before);
    expect(await worker.importLogs()).toMatchObject({ stored: 0, belowWatermark: 1 });
    expect(stored()).toBe(0);
  });

  it("reports an unreadable log and imports the others", async () => {
    const { worker, folder, file } = logs();
    const loop = join(folder, "a-loop.jsonl");
    symlinkSync(loop, loop);
    mkdirSync(join(folder, "b-folder.jsonl"));
    writeFileSync(file, line());
    expect(await worker.importLogs()).toMatchObject({ stored: 1, faults: [{ path: loop, code: "ELOOP" }] });
    expect(englishOf(worker.reader.status().notes)).toContain(`${loop} cannot be imported (ELOOP)`);
  });

  it("continues at the position of an older version, on any device", async () => {
    const { sharer, file } = logs();
    sharer.record(2);
    sharer.worker.close();
    const lines = [0, 1, 2].map(() => line({ id: undefined, seq: undefined }));
    writeFileSync(file, lines.join(""));
    const descriptor = openSync(file, "r");
    const { first } = new LogReader(descriptor, "agent");
    closeSync(descriptor);
    const database = join(sharer.home, "nexus", "state", "telemetry.db");
    const connection = openWithDriver(database, { readOnly: false, busyTimeoutMs: 1_000 });
    const read = Buffer.byteLength(lines.slice(0, 2).join(""));
    connection
      .prepare("INSERT INTO imports (file, position, imported, read_at) VALUES (?, ?, 2, 0)")
      .run(`64512:1234:${first}`, read);
    connection.close();
    const { worker } = new SharingWorker({ home: sharer.home });
    expect(await worker.importLogs()).toMatchObject({ lines: 1, stored: 1 });
    // An older copy of the log.
    writeFileSync(file, lines.slice(0, 1).join(""));
    expect(await worker.importLogs()).toMatchObject({ stored: 0 });
  });
});

describe("log name", () => {
  it.each([
    "agent-hooks.jsonl",
    "agent-hooks.jsonl.0a1b2c3d.importing",
    "agent-hooks-20261125.jsonl",
    "agent-hooks-2026-11-25.jsonl",
    "agent-hooks.1.jsonl",
    "agent-hooks (1).jsonl",
    "agent-hooks (conflicted copy 2026-11-25 101112).jsonl",
    "agent-hooks.sync-conflict-20261125-101112-ABCDEFG.jsonl",
    "agent-hooks (Ada's conflicted copy).jsonl",
    "agent-hooks copy.jsonl",
    "agent-hooks copy 2.jsonl",
    "agent-hooks - Copy.jsonl",
    "agent-hooks - Copy (2).jsonl",
    "Copy of agent-hooks.jsonl",
    "agent-hooks.bak.jsonl",
    "agent-hooks-old.jsonl",
    "agent-hooks_backup.jsonl",
    "agent-hooks 2.jsonl",
    "agent-hooks.conflict.jsonl",
    "agent-hooks-DESKTOP-ABC123.jsonl",
  ])("is agent-hooks for %s", (name) => {
    expect(logName(`/a/b.c/${name}`)).toBe("agent-hooks");
  });

  it("differs between tools", () => {
    expect(["python-sdk", "node-sdk", "my.tool", "tool2"].map((name) => logName(`${name}.jsonl`))).toEqual([
      "python-sdk",
      "node-sdk",
      "my.tool",
      "tool2",
    ]);
  });
});

describe("invariant: never-lost-never-twice", () => {
  it("counts each event once, whatever the pieces in which a log is written", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 8 }), async (pieces) => {
        const { worker, file, stored } = logs();
        const text = Array.from({ length: 6 }, () => line()).join("");
        writeFileSync(file, "");
        let at = 0;
        for (const piece of pieces) {
          appendFileSync(file, text.slice(at, at + piece));
          at += piece;
          await worker.importLogs();
        }
        appendFileSync(file, text.slice(at));
        await worker.importLogs();
        expect(stored()).toBe(6);
        worker.close();
      }),
      { numRuns: 15 },
    );
  });

  it("does not count copied, restored or rotated logs again, whatever their device and inode", async () => {
    const { sharer, worker, folder, file, stored } = logs();
    const lines = [0, 1, 2, 3].map(() => line({ id: undefined, seq: undefined })).join("");
    writeFileSync(file, lines);
    expect(await worker.importLogs()).toMatchObject({ stored: 4 });
    await importAll(worker);
    const copies = ["agent.jsonl", "agent-20261125.jsonl", "agent.sync-conflict-20261125-101112-ABCDEFG.jsonl"];
    for (const copy of copies) writeFileSync(join(folder, copy), lines);
    expect(await worker.importLogs()).toMatchObject({ stored: 0 });
    await importAll(worker);
    // Also without any stored positions.
    sharer.worker.close();
    const database = join(sharer.home, "nexus", "state", "telemetry.db");
    const connection = openWithDriver(database, { readOnly: false, busyTimeoutMs: 1_000 });
    connection.exec("DELETE FROM imports");
    connection.close();
    for (const copy of copies) writeFileSync(join(folder, copy), lines);
    expect(await worker.importLogs()).toMatchObject({ stored: 0 });
    await importAll(worker);
    expect(stored()).toBe(4);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("imports nothing of the rest after a purge during the import", async () => {
    const { sharer, worker, file, stored } = logs();
    writeFileSync(file, Array.from({ length: 9_000 }, () => line()).join(""));
    const other = new SharingWorker({ home: sharer.home });
    let purged = false;
    const importing = worker.importLogs({
      progress: () => {
        if (!purged) other.worker.purge();
        purged = true;
      },
    });
    await importing;
    expect(purged).toBe(true);
    expect(stored()).toBe(0);
    await worker.importLogs({ retryLeftovers: true });
    expect(stored()).toBe(0);
  });

  it("counts lines with sequence numbers but without IDs once, whatever the name of a copy", async () => {
    const { worker, folder, file } = logs();
    const lines = [0, 1, 2].map(() => line({ id: undefined })).join("");
    writeFileSync(file, lines);
    expect(await worker.importLogs()).toMatchObject({ stored: 3 });
    writeFileSync(join(folder, "quite another.jsonl"), line({ id: undefined }) + lines);
    expect(await worker.importLogs()).toMatchObject({ stored: 1, repeated: 3 });
  });

  it("does not count the logs of a restored folder again", async () => {
    const { sharer, worker, file, stored } = logs();
    writeFileSync(file, line({ id: undefined, seq: undefined }) + line({ id: undefined, seq: undefined }));
    const home = join(sharer.home, "nexus");
    const backup = join(sharer.home, "backup");
    cpSync(home, backup, { recursive: true });
    await worker.importLogs();
    worker.close();
    // Restore the logs, but not the database.
    cpSync(join(backup, "state", "events"), join(home, "state", "events"), { recursive: true });
    expect(await worker.importLogs()).toMatchObject({ stored: 0 });
    expect(stored()).toBe(2);
  });

  it("imports lines of a writer that opened the log before it was renamed", async () => {
    const { worker, folder, file, stored } = logs();
    writeFileSync(file, line());
    const writer = openSync(file, "a");
    await worker.importLogs();
    writeSync(writer, line());
    closeSync(writer);
    writeFileSync(file, line());
    await importAll(worker);
    expect(stored()).toBe(3);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("imports a log that another process renamed and abandoned", async () => {
    const { worker, file, stored } = logs();
    writeFileSync(file, line() + line());
    renameSync(file, `${file}.0a1b2c3d.importing`);
    await importAll(worker);
    expect(stored()).toBe(2);
  });

  it("derives different IDs for lines that differ only in their position", () => {
    const place = { log: "agent", first: "0".repeat(32), offset: 0 };
    const bytes = Buffer.from('{"ts":1790000000000,"event_type":"command_started"}');
    const agentIds = newAgentIds();
    const idAt = (change: object) => JSON.stringify(lineOf(bytes, { ...place, ...change }).events?.(agentIds));
    const ids = [{}, { log: "other" }, { first: "1".repeat(32) }, { offset: 52 }].map(idAt);
    expect(new Set(ids).size).toBe(4);
    expect(idAt({})).toBe(ids[0]);
  });

  it("loses no event with a clock that is a year wrong in either direction", async () => {
    const year = 365 * 86_400_000;
    for (const offset of [year, -year]) {
      const clock = new FixedClock(Date.now() + offset);
      const { sharer, worker, stored } = logs({ clock });
      sharer.record(5, clock.tsMs);
      worker.purge();
      clock.tsMs = Date.now();
      // Captured 300 ms before it arrives.
      sharer.record(5, clock.tsMs - 300);
      expect(stored()).toBe(5);
      expect(worker.reader.status().notes.some((note) => englishOf(note).includes("clock was ahead"))).toBe(offset > 0);
      // The watermark outlives the database.
      worker.close();
      for (const suffix of ["", "-wal", "-shm"])
        rmSync(join(sharer.home, "nexus", "state", `telemetry.db${suffix}`), { force: true });
      clock.tsMs += 60_000;
      sharer.record(5, clock.tsMs - 300);
      expect(stored()).toBe(5);
      worker.close();
    }
  });

  it("ends open sessions in a purge, so that no sequence number or derived ID is used twice", async () => {
    const { worker, file } = logs();
    const unnumbered = () => line({ id: v7(), seq: undefined });
    const shared = () => {
      const body = JSON.parse(worker.reader.preview()?.body ?? "{}");
      return (body.events ?? []).map(({ seq }: { seq: number }) => seq);
    };
    writeFileSync(file, unnumbered() + unnumbered());
    await worker.importLogs();
    const sessions = () => newestIn(worker).map(({ session }) => session.id);
    const before = sessions();
    expect(shared()).toEqual([1, 2]);
    worker.purge();
    appendFileSync(file, unnumbered());
    await worker.importLogs();
    expect(existsSync(file)).toBe(false);
    expect(sessions()).toHaveLength(1);
    expect(before).not.toContain(sessions()[0]);
  });
});

describe("agent sessions", () => {
  it("end after 30 min without events, and at local midnight", async () => {
    const times = ["20:00", "20:29", "20:59", "22:45", "23:01"];
    const clock = new FixedClock(Date.parse("2026-11-19T00:00:00Z"));
    const { worker, file } = logs({ clock });
    clock.tsMs = Date.parse("2026-11-21T00:00:00Z");
    // The line's UTC offset is one hour: its midnight is at 23:00 UTC.
    const event = (time: string) =>
      line({
        ts: Date.parse(`2026-11-20T${time}:00Z`),
        utc_offset_min: 60,
        seq: undefined,
        source: "claude_code",
        event_type: "session_started",
      });
    writeFileSync(file, times.map(event).join(""));
    expect(await worker.importLogs()).toMatchObject({ stored: 5 });
    const sessions = newestIn(worker).map(({ session: { id } }) => id);
    expect(new Set(sessions).size).toBe(4);
    expect(sessions[0]).toBe(sessions[1]);
  });

  it("include events that arrive late", async () => {
    const clock = new FixedClock(Date.parse("2026-11-19T00:00:00Z"));
    const { worker, file } = logs({ clock });
    clock.tsMs = Date.parse("2026-11-20T12:00:00Z");
    const event = (minute: number) =>
      line({ ts: clock.tsMs - minute * 60_000, source: "codex", seq: undefined, event_type: "session_started" });
    writeFileSync(file, event(60) + event(0) + event(50) + event(20));
    await worker.importLogs();
    const byTime = newestIn(worker).map(({ session: { id }, tsMs }) => [tsMs, id] as const);
    const ids = [...byTime].sort(([a], [b]) => a - b).map(([, id]) => id);
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).toBe(ids[3]);
    expect(ids[1]).not.toBe(ids[2]);
  });
});
