/**
 * The file log: only a torn tail is truncated, other damage is reported, and whole segments are
 * dropped.
 */
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

it("truncates a torn write at the end and nothing else", async () => {
  const folder = tempFolder();
  const log = await SegmentLog.open(folder);
  await log.append("key", "whole");
  await log.close();
  const [name = ""] = readdirSync(folder);
  const file = join(folder, name);
  const intact = readFileSync(file);
  for (let cut = 1; cut < intact.length; cut += 1) {
    writeFileSync(file, Buffer.concat([intact, intact.subarray(0, cut)]));
    const reopened = await SegmentLog.open(folder);
    expect(await readAll(reopened)).toEqual(["whole"]);
    await reopened.close();
    expect(readFileSync(file).length).toBe(intact.length);
  }
});

it("reports damage before the last segment and skips nothing", async () => {
  const folder = tempFolder();
  const log = await SegmentLog.open(folder, 10);
  await log.append("key", "first segment");
  await log.append("key", "second segment");
  await log.close();
  const [name = ""] = readdirSync(folder).sort();
  appendFileSync(join(folder, name), "x");
  await expect(SegmentLog.open(folder)).rejects.toThrow(CorruptLogError);
});

it("reports damage to acknowledged records in the last segment and truncates nothing", async () => {
  const folder = tempFolder();
  const log = await SegmentLog.open(folder);
  for (const text of ["first", "second", "third"]) await log.append("key", text);
  await log.close();
  const file = join(folder, "000000000001.log");
  const intact = readFileSync(file);
  // The last group (group header, record header, record) may be unacknowledged, so it is excluded.
  const last = 16 + 8 + "third".length;
  for (let at = 0; at < intact.length - last; at += 1) {
    const damaged = Buffer.from(intact);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    writeFileSync(file, damaged);
    await expect(SegmentLog.open(folder)).rejects.toThrow(CorruptLogError);
    expect(readFileSync(file).equals(damaged)).toBe(true);
  }
});

it("opens after any pages of the unacknowledged last group were lost and keeps all earlier records", async () => {
  const page = 4_096;
  const folder = tempFolder();
  const log = await SegmentLog.open(folder);
  await log.append("key", "acknowledged");
  const file = join(folder, "000000000001.log");
  const before = readFileSync(file).length;
  // Records appended while a group is synced form the next group.
  await Promise.all(Array.from({ length: 13 }, (_, n) => log.append("key", `${n} ${"x".repeat(1_500)}`)));
  await log.close();
  const intact = readFileSync(file);
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.nat({ max: Math.floor(intact.length / page) }), { minLength: 1 }),
      async (lost) => {
        const torn = Buffer.from(intact);
        for (const n of lost)
          torn.fill(0, Math.max(lastGroupAt(intact, before), n * page), Math.min(torn.length, (n + 1) * page));
        writeFileSync(file, torn);
        const reopened = await SegmentLog.open(folder);
        expect((await readAll(reopened))[0]).toBe("acknowledged");
        await reopened.append("key", "next");
        expect((await readAll(reopened)).at(-1)).toBe("next");
        await reopened.close();
      },
    ),
    { numRuns: 40 },
  );
});

/** Returns the offset of the last group. */
function lastGroupAt(bytes: Buffer, from: number): number {
  let last = from;
  for (let at = from; at < bytes.length; at += 16 + bytes.readUInt32LE(at + 4)) last = at;
  return last;
}

it("reads logs before 0.9, which have no groups, and continues in a new segment", async () => {
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
  // Damage in an old segment is reported, too.
  writeFileSync(file, Buffer.concat([record("one").fill("x", 4, 8), record("two")]));
  await expect(SegmentLog.open(folder)).rejects.toThrow(CorruptLogError);
});

it("reports damage that occurs while the log is open", async () => {
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

it("recovers after a new segment could not be created", async () => {
  const folder = tempFolder();
  const log = await SegmentLog.open(folder, 10);
  await log.append("key", "first, which fills the segment");
  // A folder blocks the name of the next segment.
  mkdirSync(join(folder, "000000000002.log"));
  await expect(log.append("key", "second")).rejects.toThrow(/EISDIR/);
  await expect(log.append("key", "second")).rejects.toThrow(/EISDIR/);
  rmdirSync(join(folder, "000000000002.log"));
  await log.probe();
  await log.append("key", "second");
  expect(await readAll(log)).toEqual(["first, which fills the segment", "second"]);
  await log.close();
});

it.skipIf(process.getuid?.() !== 0)("continues after the disk was full", async () => {
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
    let output = "";
    while (output.split("\n").length < 60) output += (await once(child.stdout, "data"))[0];
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    const acknowledged = Number(output.trimEnd().split("\n").at(-2));
    const log = await SegmentLog.open(folder, 20_000);
    const texts = (await readAll(log)).filter((text) => text.includes("record"));
    expect(texts.length).toBeGreaterThan(acknowledged);
    await log.dropBefore(await log.rotate());
    await log.close();
  }
});
