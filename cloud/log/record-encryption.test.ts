/** What lies on machines of others can be read by nobody else, and by nobody at all once it was forgotten. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { CorruptLogError } from "./durable-log.ts";
import { compress, RecordEncryption } from "./record-encryption.ts";

const keysFile = () => join(tempFolder(), "keys.json");

it("gives back what was sealed, over openings, and shows nothing of it", async () => {
  const path = keysFile();
  await fc.assert(
    fc.asyncProperty(fc.string({ minLength: 12, maxLength: 2_000 }), async (text) => {
      const sealed = (await RecordEncryption.open(path)).encrypt(await compress(text));
      expect(sealed.includes(text)).toBe(false);
      expect(await (await RecordEncryption.open(path)).decrypt(sealed)).toBe(Buffer.from(text).toString("utf8"));
    }),
    { numRuns: 50 },
  );
});

it("says which file is damaged, and changes nothing", async () => {
  const path = keysFile();
  writeFileSync(path, "[{");
  await expect(RecordEncryption.open(path)).rejects.toThrow(`${path} is damaged. Restore it from a copy`);
  expect(readFileSync(path, "utf8")).toBe("[{");
});

it("does not take what was changed, in any byte", async () => {
  const encryption = await RecordEncryption.open(keysFile());
  const sealed = encryption.encrypt(await compress("a record"));
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    await expect(encryption.decrypt(changed)).rejects.toThrow(CorruptLogError);
  }
});

it("cannot be opened with another's keys, nor with its own once they are forgotten", async () => {
  const path = keysFile();
  const encryption = await RecordEncryption.open(path);
  const first = encryption.encrypt(await compress("first"));
  await expect((await RecordEncryption.open(keysFile())).decrypt(first)).rejects.toThrow(
    /another server writes to this topic/,
  );
  const before = readFileSync(path, "utf8");
  await encryption.rotateKey({ 0: 5, 1: 2 });
  const second = encryption.encrypt(await compress("second"));
  // Not all of what the first key sealed was put away.
  await encryption.forgetBefore({ 0: 5, 1: 1 });
  expect(await encryption.decrypt(first)).toBe("first");
  await encryption.forgetBefore({ 0: 5, 1: 2 });
  // One that came through late: nobody was told that it was taken.
  expect(await encryption.decrypt(first)).toBe("");
  expect(await (await RecordEncryption.open(path)).decrypt(first)).toBe("");
  expect(await encryption.decrypt(second)).toBe("second");
  const [{ key }] = JSON.parse(before);
  expect(readFileSync(path, "utf8")).not.toContain(key);
  // The file from before opens both again: it is what must be kept safe.
  writeFileSync(path, before);
  expect(await (await RecordEncryption.open(path)).decrypt(first)).toBe("first");
});
