/** The registry's file stays whole, and says nothing that is not so. */
import { execFileSync } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { freshFolder } from "../../test/fixtures/folder.ts";
import { Registry } from "./registry.ts";

const secret = () => randomBytes(32).toString("base64");

it.skipIf(process.getuid?.() !== 0)("is whole after a disk that was full", async () => {
  const folder = freshFolder();
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=16k", "tmpfs", folder]);
  onTestFinished(() => void execFileSync("umount", ["-l", folder]));
  const path = join(folder, "registry.jsonl");
  const registry = await Registry.open(path);
  const bound = new Map<string, string>();
  const enroll = async () => {
    const [id, own] = [randomUUID(), secret()];
    await registry.enroll(id, own);
    bound.set(id, own);
  };
  writeFileSync(join(folder, "filler"), Buffer.alloc(7_900));
  await expect(
    (async () => {
      for (;;) await enroll();
    })(),
  ).rejects.toThrow(/ENOSPC/);
  rmSync(join(folder, "filler"));
  await enroll();
  await registry.close();
  const again = await Registry.open(path);
  for (const [id, own] of bound) expect(again.isEnrolled(id, own)).toBe(true);
  await again.close();
});

it("has erased nobody before its file says so", async () => {
  const folder = freshFolder();
  const registry = await Registry.open(join(folder, "registry.jsonl"));
  const id = randomUUID();
  await registry.enroll(id, secret());
  await registry.beginErasure(id);
  // The new file cannot be made.
  mkdirSync(join(folder, "registry.jsonl.unfinished"));
  await expect(registry.endErasure(id, { at: 1, count: 1 })).rejects.toThrow(/EISDIR/);
  expect(registry.erasedBefore(id)).toBeUndefined();
  expect(registry.erasing).toEqual([id]);
  rmSync(join(folder, "registry.jsonl.unfinished"), { recursive: true });
  await registry.endErasure(id, { at: 1, count: 1 });
  expect(registry.erasedBefore(id)).toMatchObject({ at: 1, count: 1 });
  expect(readFileSync(join(folder, "registry.jsonl"), "utf8")).not.toContain(id);
  // What was asked for before, and comes later, brings nobody back.
  expect([await registry.rotateSecret(id, secret()), await registry.enroll(id, secret())]).toEqual([
    "erased",
    "erased",
  ]);
  expect(readFileSync(join(folder, "registry.jsonl"), "utf8")).not.toContain(id);
  await registry.close();
});
