/** The log as files: whole records in order, cut off at its end by a crash and nowhere else, dropped in whole segments. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { freshFolder } from "../../test/fixtures/folder.ts";
import { allOf } from "../test/all-of.ts";
import { DamagedLogError } from "./event-log.ts";
import { SegmentLog } from "./segments.ts";

it("cuts away what a crash cut off at the end, and nothing else", async () => {
  const folder = freshFolder();
  const log = await SegmentLog.open(folder);
  await log.append("key", "whole");
  await log.close();
  const [name = ""] = readdirSync(folder);
  const file = join(folder, name);
  const sound = readFileSync(file);
  for (let cut = 1; cut < sound.length; cut += 1) {
    writeFileSync(file, Buffer.concat([sound, sound.subarray(0, cut)]));
    const again = await SegmentLog.open(folder);
    expect(await allOf(again)).toEqual(["whole"]);
    await again.close();
    expect(readFileSync(file).length).toBe(sound.length);
  }
});

it("tells where it is damaged before its end, and skips nothing", async () => {
  const folder = freshFolder();
  const log = await SegmentLog.open(folder, 10);
  await log.append("key", "first segment");
  await log.append("key", "second segment");
  await log.close();
  const [name = ""] = readdirSync(folder).sort();
  appendFileSync(join(folder, name), "x");
  await expect(SegmentLog.open(folder)).rejects.toThrow(DamagedLogError);
});

it("tells of damage before what was acknowledged, in its last segment too, and cuts nothing", async () => {
  const folder = freshFolder();
  const log = await SegmentLog.open(folder);
  for (const text of ["first", "second", "third"]) await log.append("key", text);
  await log.close();
  const file = join(folder, "000000000001.log");
  const sound = readFileSync(file);
  for (let at = 0; at < sound.length - 13; at += 1) {
    const damaged = Buffer.from(sound);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    writeFileSync(file, damaged);
    await expect(SegmentLog.open(folder)).rejects.toThrow(DamagedLogError);
    expect(readFileSync(file).equals(damaged)).toBe(true);
  }
});

it.skipIf(process.getuid?.() !== 0)("goes on where it ended after a disk that was full", async () => {
  const folder = freshFolder();
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]);
  onTestFinished(() => void execFileSync("umount", ["-l", folder]));
  const log = await SegmentLog.open(folder);
  await log.append("key", "first");
  const filler = join(folder, "filler");
  writeFileSync(filler, Buffer.alloc(50_000));
  await expect(log.append("key", "x".repeat(40_000))).rejects.toThrow(/ENOSPC/);
  rmSync(filler);
  await log.append("key", "second");
  expect(await allOf(log)).toEqual(["first", "second"]);
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
    const texts = (await allOf(log)).filter((text) => text.includes("record"));
    expect(texts.length).toBeGreaterThan(acknowledged);
    await log.dropBefore(await log.rotate());
    await log.close();
  }
});
