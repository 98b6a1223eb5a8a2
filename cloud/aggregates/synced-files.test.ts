/** Commits of the embedded PostgreSQL are synced to disk, not only written to the page cache. */
import { createRequire, syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { expect, it, onTestFinished } from "vitest";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { startParams } from "./start-params.ts";
import { SyncedFiles } from "./synced-files.ts";

it("syncs each commit and all files of a new database", async () => {
  const fs = createRequire(import.meta.url)("node:fs");
  const { fdatasyncSync, fsyncSync } = fs;
  let [commits, others] = [0, 0];
  fs.fdatasyncSync = (file: number) => {
    commits += 1;
    fdatasyncSync(file);
  };
  fs.fsyncSync = (file: number) => {
    others += 1;
    fsyncSync(file);
  };
  syncBuiltinESMExports();
  onTestFinished(() => {
    Object.assign(fs, { fdatasyncSync, fsyncSync });
    syncBuiltinESMExports();
  });
  const files = new SyncedFiles(join(tempFolder(), "data"));
  const database = await PGlite.create({ fs: files, startParams });
  files.syncNew();
  // A new cluster has about a thousand files.
  expect(others).toBeGreaterThan(500);
  await database.query("CREATE TABLE t (n int)");
  const before = commits;
  for (let n = 0; n < 50; n += 1) await database.query("INSERT INTO t VALUES ($1)", [n]);
  expect(commits - before).toBeGreaterThanOrEqual(50);
  await database.close();
});
