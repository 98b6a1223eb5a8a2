/**
 * Records on foreign machines are readable only with this server's keys, and never after a key is
 * destroyed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { CorruptLogError } from "./durable-log.ts";
import { compress, RecordEncryption } from "./record-encryption.ts";

const keysFile = () => join(tempFolder(), "keys.json");

it("decrypts what it encrypted, also after a restart, and reveals no plain text", async () => {
  const path = keysFile();
  await fc.assert(
    fc.asyncProperty(fc.string({ minLength: 12, maxLength: 2_000 }), async (text) => {
      const encrypted = (await RecordEncryption.open(path)).encrypt(await compress(text));
      expect(encrypted.includes(text)).toBe(false);
      expect(await (await RecordEncryption.open(path)).decrypt(encrypted)).toBe(Buffer.from(text).toString("utf8"));
    }),
    { numRuns: 50 },
  );
});

it("names a damaged key file and does not change it", async () => {
  const path = keysFile();
  writeFileSync(path, "[{");
  await expect(RecordEncryption.open(path)).rejects.toThrow(`${path} is damaged. Restore it from a backup`);
  expect(readFileSync(path, "utf8")).toBe("[{");
});

it("rejects a record with any modified byte", async () => {
  const encryption = await RecordEncryption.open(keysFile());
  const encrypted = encryption.encrypt(await compress("a record"));
  for (let at = 0; at < encrypted.length; at += 1) {
    const changed = Buffer.from(encrypted);
    changed[at] = (changed[at] ?? 0) ^ 1;
    await expect(encryption.decrypt(changed)).rejects.toThrow(CorruptLogError);
  }
});

it("cannot decrypt with another server's keys or with destroyed keys", async () => {
  const path = keysFile();
  const encryption = await RecordEncryption.open(path);
  const first = encryption.encrypt(await compress("first"));
  await expect((await RecordEncryption.open(keysFile())).decrypt(first)).rejects.toThrow(
    /another server writes to this topic/,
  );
  const before = readFileSync(path, "utf8");
  await encryption.rotateKey({ 0: 5, 1: 2 });
  const second = encryption.encrypt(await compress("second"));
  // Some records of the first key are not processed yet.
  await encryption.forgetBefore({ 0: 5, 1: 1 });
  expect(await encryption.decrypt(first)).toBe("first");
  await encryption.forgetBefore({ 0: 5, 1: 2 });
  // A late write that was never acknowledged.
  expect(await encryption.decrypt(first)).toBe("");
  expect(await (await RecordEncryption.open(path)).decrypt(first)).toBe("");
  expect(await encryption.decrypt(second)).toBe("second");
  const [{ key }] = JSON.parse(before);
  expect(readFileSync(path, "utf8")).not.toContain(key);
  // A backup of the key file can decrypt again, which is why old backups must be deleted.
  writeFileSync(path, before);
  expect(await (await RecordEncryption.open(path)).decrypt(first)).toBe("first");
});
