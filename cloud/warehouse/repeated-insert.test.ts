/**
 * An insert killed at the worst moment: the embedded engine has stored the token but not the rows.
 * Simulated with the data files from before the insert and the deduplication log from after it,
 * because it occurs by chance only once in thousands of kills.
 */
import { execFileSync } from "node:child_process";
import { cpSync, globSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";

const program = fileURLToPath(new URL("../test/inserting.ts", import.meta.url));
const insertAndCount = (folder: string, ...args: readonly string[]): number =>
  Number(execFileSync(process.execPath, [program, folder, ...args], { encoding: "utf8" }));

it("inserts the rows of a repeated insert although the engine already stored its token", () => {
  const [before, after] = [join(tempFolder(), "before"), join(tempFolder(), "after")];
  expect(insertAndCount(before, "1")).toBe(1);
  cpSync(before, after, { recursive: true });
  expect(insertAndCount(after, "2")).toBe(2);
  const tokenLogs = globSync("store/*/*/deduplication_logs", { cwd: after });
  expect(tokenLogs.length).toBeGreaterThan(0);
  for (const folder of tokenLogs) {
    rmSync(join(before, folder), { recursive: true, force: true });
    cpSync(join(after, folder), join(before, folder), { recursive: true });
  }
  // Without `isRepeat` the engine inserts nothing and reports success.
  expect(insertAndCount(before, "2")).toBe(1);
  expect(insertAndCount(before, "2", "repeat")).toBe(2);
  // Existing rows are not duplicated.
  expect(insertAndCount(before, "2", "repeat")).toBe(2);
}, 60_000);
