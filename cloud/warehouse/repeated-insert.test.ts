/**
 * An insert that a kill interrupted at its worst moment: the embedded engine has noted the token, and not yet the rows. Made by hand, from the files
 * of before the insert and the notes of after it; by chance it comes once in thousands of kills.
 */
import { execFileSync } from "node:child_process";
import { cpSync, globSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";

const program = fileURLToPath(new URL("../test/inserting.ts", import.meta.url));
const inserted = (folder: string, ...args: readonly string[]): number =>
  Number(execFileSync(process.execPath, [program, folder, ...args], { encoding: "utf8" }));

it("goes in with the repeat, although the engine takes its token for a repeat of rows that are not there", () => {
  const [before, after] = [join(tempFolder(), "before"), join(tempFolder(), "after")];
  expect(inserted(before, "1")).toBe(1);
  cpSync(before, after, { recursive: true });
  expect(inserted(after, "2")).toBe(2);
  const notes = globSync("store/*/*/deduplication_logs", { cwd: after });
  expect(notes.length).toBeGreaterThan(0);
  for (const folder of notes) {
    rmSync(join(before, folder), { recursive: true, force: true });
    cpSync(join(after, folder), join(before, folder), { recursive: true });
  }
  // The engine's own answer to the repeat: nothing goes in, and it says that all is well.
  expect(inserted(before, "2")).toBe(1);
  expect(inserted(before, "2", "repeat")).toBe(2);
  // Where the rows were there, they are there once.
  expect(inserted(before, "2", "repeat")).toBe(2);
}, 60_000);
