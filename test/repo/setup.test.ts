/** The set-up script on a new machine: an empty home folder and no installed packages. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { tempFolder } from "../fixtures/temp-folder.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

it("installs the packages and Node 24 with an empty HOME, and does nothing the second time", () => {
  const folder = tempFolder();
  const home = join(folder, "home");
  const clone = join(folder, "clone");
  mkdirSync(home);
  for (const file of ["package.json", "package-lock.json", ".npmrc", "scripts/setup.mjs"]) {
    cpSync(join(root, file), join(clone, file));
  }
  const { PATH = "" } = process.env;
  // Without this project's folders, so that the machine's Node and npm are used.
  const path = PATH.split(":")
    .filter((entry) => !entry.startsWith(root))
    .join(":");
  const setup = () =>
    execFileSync("node", ["scripts/setup.mjs", "packages"], {
      cwd: clone,
      env: { PATH: path, HOME: home },
      encoding: "utf8",
    });
  expect(setup()).toMatch(/installing npm packages and Node 24 \.* ?done in \d+ s/);
  const node = join(clone, "node_modules", ".bin", "node");
  expect(execFileSync(node, ["--version"], { encoding: "utf8" })).toMatch(/^v24\./);
  expect(existsSync(join(clone, "node_modules", "better-sqlite3", "prebuilds"))).toBe(true);
  expect(setup()).toBe("");
});
