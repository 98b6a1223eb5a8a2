import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { v4, v7 } from "uuid";
import { describe, expect, it } from "vitest";
import { Sharer } from "../../test/fixtures/sharing.ts";
import { systemClock } from "../clock.ts";
import { thisProduct } from "../product.ts";
import { Store } from "../store/store.ts";
import { EventLogs } from "./event-log.ts";

function logs(env: Readonly<Record<string, string>> = {}) {
  const sharer = new Sharer({ env });
  sharer.consent("local");
  const folder = join(sharer.home, "nexus", "state", "events");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "agent.jsonl");
  return { sharer, worker: sharer.worker, file, stored: () => sharer.worker.status().database?.events ?? 0 };
}

let seq = 0;
const session_id = v4();
function line(part: object = {}): string {
  seq += 1;
  return `${JSON.stringify({
    ...{ id: v7(), ts: Date.now() + 1, utc_offset_min: 60, session_id, source: "nexus_cli", seq },
    ...{
      event_type: "command_started",
      command: "npm run secret-task --token=a-long-one",
      note: "a text of somebody's",
    },
    ...part,
  })}\n`;
}

describe("event logs", () => {
  it("are read on from where the last reading ended, each line once", async () => {
    const { worker, file, stored } = logs();
    writeFileSync(file, line() + line());
    expect(await worker.importLogs()).toMatchObject({ files: 1, lines: 2, stored: 2, malformed: 0 });
    expect(await worker.importLogs()).toMatchObject({ lines: 0, stored: 0 });
    appendFileSync(file, line());
    expect(await worker.importLogs()).toMatchObject({ lines: 1, stored: 1 });
    expect(stored()).toBe(3);
  });

  it("a half-written last line waits for its rest", async () => {
    const { worker, file } = logs();
    const whole = line();
    writeFileSync(file, line() + whole.slice(0, 40));
    expect(await worker.importLogs()).toMatchObject({ lines: 1, stored: 1, malformed: 0 });
    appendFileSync(file, whole.slice(40));
    expect(await worker.importLogs()).toMatchObject({ lines: 1, stored: 1 });
  });

  it("foreign lines and fields disturb nothing, and nothing of them is kept", async () => {
    const { sharer, worker, file } = logs();
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
    await worker.export(target);
    const [event] = JSON.parse(readFileSync(target, "utf8"));
    expect(event.payload).toEqual({ command: "npm run" });
    expect(JSON.stringify(event)).not.toMatch(/secret|long|somebody/);
  });

  it("a line without id and number gets the same ones each time", async () => {
    const { worker, file, stored } = logs();
    writeFileSync(
      file,
      line({ id: undefined, seq: undefined, utc_offset_min: undefined }) + line({ id: undefined, seq: undefined }),
    );
    expect(await worker.importLogs()).toMatchObject({ stored: 2 });
    expect(stored()).toBe(2);
  });

  it("survives rotation: the old file under a new name is not read again, the new one is", async () => {
    const { worker, file } = logs();
    writeFileSync(file, line({ id: undefined, seq: undefined }) + line());
    await worker.importLogs();
    renameSync(file, file.replace("agent", "agent.1"));
    writeFileSync(file, line());
    expect(await worker.importLogs()).toMatchObject({ files: 2, lines: 1, stored: 1 });
  });

  it("survives truncation: a file begun anew is read from its beginning", async () => {
    const { worker, file, stored } = logs();
    writeFileSync(file, line() + line() + line());
    await worker.importLogs();
    truncateSync(file);
    expect(await worker.importLogs()).toMatchObject({ lines: 0 });
    appendFileSync(file, line());
    expect(await worker.importLogs()).toMatchObject({ lines: 1, stored: 1 });
    expect(stored()).toBe(4);
  });

  it("takes nothing from before the consent to record", async () => {
    const { worker, file } = logs();
    const earlier = Date.now() - 60_000;
    writeFileSync(file, line({ ts: earlier }) + line());
    expect(await worker.importLogs()).toMatchObject({ lines: 2, earlier: 1, stored: 1 });
  });

  it("NEXUS_EVENT_LOG=0 stops the reading", async () => {
    const { worker, file } = logs({ NEXUS_EVENT_LOG: "0" });
    writeFileSync(file, line());
    expect(await worker.importLogs()).toBeUndefined();
  });

  it("a purge empties them, and what they held does not come in again", async () => {
    const { worker, file, stored } = logs();
    const before = line();
    writeFileSync(file, before);
    await worker.importLogs();
    worker.purge();
    expect(statSync(file).size).toBe(0);
    appendFileSync(file, before);
    expect(await worker.importLogs()).toMatchObject({ stored: 0 });
    expect(stored()).toBe(0);
  });

  it("expire once they were read to the end and not written to for as long as events are kept", async () => {
    const { sharer, file } = logs();
    const unread = file.replace("agent", "unread");
    writeFileSync(file, line());
    const { worker } = sharer;
    await worker.importLogs();
    writeFileSync(unread, line());
    const long = Date.now() / 1_000 - 91 * 86_400;
    for (const path of [file, unread]) utimesSync(path, long, long);
    const store = new Store(join(sharer.home, "nexus", "state", "telemetry.db"), thisProduct, systemClock);
    const limits = new EventLogs(
      join(file, ".."),
      () => ({ stored: 0, repeated: 0, refused: 0, earlier: 0 }),
      (work) => store.read(work),
    );
    limits.expire(Date.now() - 90 * 86_400_000);
    expect([statSync(file).size, statSync(unread).size > 0]).toEqual([0, true]);
  });

  it("invariant: never-lost-never-twice: whatever the pieces in which it is written", async () => {
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
});
