/** The log as files: whole records in order, cut off at its end by a crash and nowhere else, dropped in whole segments. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it, onTestFinished } from "vitest";
import { freshFolder } from "../../test/fixtures/folder.ts";
import type { Place } from "./event-log.ts";
import { DamagedLogError, SegmentLog } from "./segments.ts";

const beginning: Place = { segment: 1, offset: 0 };

async function all(log: SegmentLog, from = beginning, mostChars = 1_000): Promise<readonly string[]> {
  const texts: string[] = [];
  for (let place = from; ; ) {
    const records = await log.read(place, mostChars);
    if (records.length === 0) return texts;
    texts.push(...records.map(({ text }) => text));
    place = records.at(-1)?.next ?? place;
  }
}

it("gives back what was appended, in order, over segments and openings", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ maxLength: 400 }), { minLength: 1, maxLength: 40 }), async (texts) => {
      const folder = freshFolder();
      const log = await SegmentLog.open(folder, 500);
      await Promise.all(texts.map((text) => log.append(text)));
      const well = texts.map((text) => Buffer.from(text).toString("utf8"));
      expect(await all(log)).toEqual(well);
      await log.close();
      const again = await SegmentLog.open(folder, 500);
      await again.append("last");
      expect(await all(again)).toEqual([...well, "last"]);
      await again.close();
    }),
    { numRuns: 30 },
  );
});

it("reads on from a place, says how much is left, and forgets whole segments", async () => {
  const log = await SegmentLog.open(freshFolder(), 100);
  for (let n = 0; n < 20; n += 1) await log.append(`record ${n} ${"x".repeat(30)}`);
  const [first, second] = await log.read(beginning, 1);
  expect(second).toBeUndefined();
  const place = first?.next ?? beginning;
  expect((await all(log, place))[0]).toContain("record 1 ");
  expect(log.bytesAfter(beginning) - log.bytesAfter(place)).toBe(place.offset);
  expect(log.bytesAfter(log.end())).toBe(0);
  await log.rotate();
  await log.dropBefore(log.end());
  expect(await all(log)).toEqual([]);
  await log.append("new");
  // A place that is gone is the first that is there.
  expect(await all(log)).toEqual(["new"]);
  await log.close();
});

it("cuts away what a crash cut off at the end, and nothing else", async () => {
  const folder = freshFolder();
  const log = await SegmentLog.open(folder);
  await log.append("whole");
  await log.close();
  const [name = ""] = readdirSync(folder);
  const file = join(folder, name);
  const sound = readFileSync(file);
  for (let cut = 1; cut < sound.length; cut += 1) {
    writeFileSync(file, Buffer.concat([sound, sound.subarray(0, cut)]));
    const again = await SegmentLog.open(folder);
    expect(await all(again)).toEqual(["whole"]);
    await again.close();
    expect(readFileSync(file).length).toBe(sound.length);
  }
});

it("tells where it is damaged before its end, and skips nothing", async () => {
  const folder = freshFolder();
  const log = await SegmentLog.open(folder, 10);
  await log.append("first segment");
  await log.append("second segment");
  await log.close();
  const [name = ""] = readdirSync(folder).sort();
  appendFileSync(join(folder, name), "x");
  await expect(SegmentLog.open(folder)).rejects.toThrow(DamagedLogError);
});

it.skipIf(process.getuid?.() !== 0)("goes on where it ended after a disk that was full", async () => {
  const folder = freshFolder();
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]);
  onTestFinished(() => void execFileSync("umount", ["-l", folder]));
  const log = await SegmentLog.open(folder);
  await log.append("first");
  const filler = join(folder, "filler");
  writeFileSync(filler, Buffer.alloc(50_000));
  await expect(log.append("x".repeat(40_000))).rejects.toThrow(/ENOSPC/);
  rmSync(filler);
  await log.append("second");
  expect(await all(log)).toEqual(["first", "second"]);
  await log.close();
});

const writer = `
  const { SegmentLog } = await import(process.argv[1]);
  const log = await SegmentLog.open(process.argv[2], 20_000);
  for (let n = 0; ; n += 4) {
    await Promise.all([0, 1, 2, 3].map((part) => log.append("record " + (n + part) + " " + "y".repeat(500))));
    process.stdout.write((n + 3) + "\\n");
  }
`;

it("keeps every record that was acknowledged when its writer is killed", async () => {
  const folder = freshFolder();
  const module = new URL("segments.ts", import.meta.url).href;
  for (let round = 0; round < 3; round += 1) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", writer, module, folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    while (said.split("\n").length < 60) said += (await once(child.stdout, "data"))[0];
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    const acknowledged = Number(said.trimEnd().split("\n").at(-2));
    const log = await SegmentLog.open(folder, 20_000);
    const texts = (await all(log, beginning, 1e9)).filter((text) => text.includes("record"));
    expect(texts.length).toBeGreaterThan(acknowledged);
    await log.rotate();
    await log.dropBefore(log.end());
    await log.close();
  }
});
