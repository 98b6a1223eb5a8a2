/** The log as files: whole records in order, cut off at its end by a crash and nowhere else, dropped in whole segments. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { expect, it, onTestFinished } from "vitest";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { readAll } from "../test/read-all.ts";
import { CorruptLogError } from "./durable-log.ts";
import { SegmentLog } from "./segments.ts";

it("cuts away what a crash cut off at the end, and nothing else", async () => {
  const folder = tempFolder();
  const log = await SegmentLog.open(folder);
  await log.append("key", "whole");
  await log.close();
  const [name = ""] = readdirSync(folder);
  const file = join(folder, name);
  const sound = readFileSync(file);
  for (let cut = 1; cut < sound.length; cut += 1) {
    writeFileSync(file, Buffer.concat([sound, sound.subarray(0, cut)]));
    const again = await SegmentLog.open(folder);
    expect(await readAll(again)).toEqual(["whole"]);
    await again.close();
    expect(readFileSync(file).length).toBe(sound.length);
  }
});

it("tells where it is damaged before its end, and skips nothing", async () => {
  const folder = tempFolder();
  const log = await SegmentLog.open(folder, 10);
  await log.append("key", "first segment");
  await log.append("key", "second segment");
  await log.close();
  const [name = ""] = readdirSync(folder).sort();
  appendFileSync(join(folder, name), "x");
  await expect(SegmentLog.open(folder)).rejects.toThrow(CorruptLogError);
});

it("tells of damage before what was acknowledged, in its last segment too, and cuts nothing", async () => {
  const folder = tempFolder();
  const log = await SegmentLog.open(folder);
  for (const text of ["first", "second", "third"]) await log.append("key", text);
  await log.close();
  const file = join(folder, "000000000001.log");
  const sound = readFileSync(file);
  // The last group: a header, and a record with its own. It cannot be known whether it was acknowledged.
  const last = 16 + 8 + "third".length;
  for (let at = 0; at < sound.length - last; at += 1) {
    const damaged = Buffer.from(sound);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    writeFileSync(file, damaged);
    await expect(SegmentLog.open(folder)).rejects.toThrow(CorruptLogError);
    expect(readFileSync(file).equals(damaged)).toBe(true);
  }
});

it("starts whichever pages of the unacknowledged last group were lost, and keeps everything before it", async () => {
  const page = 4_096;
  const folder = tempFolder();
  const log = await SegmentLog.open(folder);
  await log.append("key", "acknowledged");
  const file = join(folder, "000000000001.log");
  const before = readFileSync(file).length;
  // What is appended while a group is synced goes into the next one together.
  await Promise.all(Array.from({ length: 13 }, (_, n) => log.append("key", `${n} ${"x".repeat(1_500)}`)));
  await log.close();
  const sound = readFileSync(file);
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.nat({ max: Math.floor(sound.length / page) }), { minLength: 1 }),
      async (lost) => {
        const torn = Buffer.from(sound);
        for (const n of lost)
          torn.fill(0, Math.max(lastGroupAt(sound, before), n * page), Math.min(torn.length, (n + 1) * page));
        writeFileSync(file, torn);
        const again = await SegmentLog.open(folder);
        expect((await readAll(again))[0]).toBe("acknowledged");
        await again.append("key", "and on");
        expect((await readAll(again)).at(-1)).toBe("and on");
        await again.close();
      },
    ),
    { numRuns: 40 },
  );
});

/** Where the last group begins. */
function lastGroupAt(bytes: Buffer, from: number): number {
  let last = from;
  for (let at = from; at < bytes.length; at += 16 + bytes.readUInt32LE(at + 4)) last = at;
  return last;
}

it("reads logs of before 0.9, whose records have no groups, and goes on in a segment of its own", async () => {
  const folder = tempFolder();
  const record = (text: string) => {
    const [header, body] = [Buffer.alloc(8), Buffer.from(text)];
    header.writeUInt32LE(body.length, 0);
    header.writeUInt32LE(crc32(body), 4);
    return Buffer.concat([header, body]);
  };
  const old = Buffer.concat([record("one"), record("two")]);
  const file = join(folder, "000000000004.log");
  writeFileSync(file, Buffer.concat([old, record("cut off").subarray(0, 11)]));
  const log = await SegmentLog.open(folder);
  await log.append("key", "three");
  expect(await readAll(log)).toEqual(["one", "two", "three"]);
  expect(log.end()).toMatchObject({ segment: 5 });
  await log.close();
  // Damage in it is still reported.
  writeFileSync(file, Buffer.concat([record("one").fill("x", 4, 8), record("two")]));
  await expect(SegmentLog.open(folder)).rejects.toThrow(CorruptLogError);
});

it("reports damage that comes while it runs, and does not read for ever", async () => {
  for (const damage of [Buffer.alloc(12), Buffer.from("ffffffff", "hex")]) {
    const folder = tempFolder();
    const log = await SegmentLog.open(folder);
    await log.append("key", "first");
    const file = openSync(join(folder, "000000000001.log"), "r+");
    writeSync(file, damage, 0, damage.length, 16);
    closeSync(file);
    await expect(log.read(log.beginning(), 1_000)).rejects.toThrow(CorruptLogError);
    await log.close();
  }
});

it("goes on by itself after a new segment could not be made", async () => {
  const folder = tempFolder();
  const log = await SegmentLog.open(folder, 10);
  await log.append("key", "first, which fills the segment");
  // Something that is no file stands where the next one would be.
  mkdirSync(join(folder, "000000000002.log"));
  await expect(log.append("key", "second")).rejects.toThrow(/EISDIR/);
  await expect(log.append("key", "second")).rejects.toThrow(/EISDIR/);
  rmdirSync(join(folder, "000000000002.log"));
  await log.probe();
  await log.append("key", "second");
  expect(await readAll(log)).toEqual(["first, which fills the segment", "second"]);
  await log.close();
});

it.skipIf(process.getuid?.() !== 0)("goes on where it ended after a disk that was full", async () => {
  const folder = tempFolder();
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]);
  onTestFinished(() => void execFileSync("umount", ["-l", folder]));
  const log = await SegmentLog.open(folder);
  await log.append("key", "first");
  const filler = join(folder, "filler");
  writeFileSync(filler, Buffer.alloc(50_000));
  await expect(log.append("key", "x".repeat(40_000))).rejects.toThrow(/ENOSPC/);
  await expect(log.probe()).rejects.toThrow();
  rmSync(filler);
  await log.append("key", "second");
  expect(await readAll(log)).toEqual(["first", "second"]);
  await log.close();
});

const writer = `
  const { SegmentLog } = await import(process.argv[1]);
  const log = await SegmentLog.open(process.argv[2], 20_000);
  for (let n = 0; ; n += 4) {
    await Promise.all([0, 1, 2, 3].map((part) => log.append("key", "record " + (n + part) + " " + "y".repeat(500))));
    process.stdout.write((n + 3) + "\\n");
  }
`;

it("keeps every record that was acknowledged when its writer is killed", async () => {
  const folder = tempFolder();
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
    const texts = (await readAll(log)).filter((text) => text.includes("record"));
    expect(texts.length).toBeGreaterThan(acknowledged);
    await log.dropBefore(await log.rotate());
    await log.close();
  }
});
