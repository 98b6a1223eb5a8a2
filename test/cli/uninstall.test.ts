/** Removing everything with the built command, and what the editor runs after it removed the extension. */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { nexus, runBuilt } from "../fixtures/run-cli.ts";
import { shareWith } from "../fixtures/share-with.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";
import { UsageServer } from "../fixtures/usage-server.ts";

let home = "";
const ran = (...args: readonly string[]) => nexus(home, {}, ...args);
/** As VS Code's `extensionLifecycle.ts` calls it. */
const removeExtension = () => runBuilt("uninstall.cjs", home, {}, ["--type=extension-post-uninstall"]);

/** Every file and folder below the home folder with its mode and content. */
function tree(folder = home): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const content = entry.isFile() ? createHash("sha256").update(readFileSync(path)).digest("hex") : "";
      return `${path} ${(statSync(path).mode & 0o777).toString(8)} ${content}`;
    })
    .sort();
}

beforeEach(() => {
  home = tempFolder();
  mkdirSync(join(home, ".config"), { mode: 0o755 });
  for (const name of [".claude", ".gemini"]) mkdirSync(join(home, name));
  // Comments, an odd layout and no final newline.
  writeFileSync(join(home, ".claude", "settings.json"), '{\n  // mine\n  "model": "opus", "env": {}\n}');
});

async function used(): Promise<void> {
  await ran("enable", "--yes");
  await ran("agents", "connect", "--yes");
  await ran("run", "--", "git", "--version");
  await ran("telemetry", "config", "set", "retention_days", "30");
  await ran("stats");
}

describe("nexus uninstall", () => {
  it("leaves the home folder byte for byte as it was before", async () => {
    const before = tree();
    await used();
    expect(readFileSync(join(home, ".claude", "settings.json"), "utf8")).toContain("nexus");
    const { code, out, err } = await ran("uninstall", "--yes");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(tree()).toEqual(before);
    expect(out).toMatch(/Deleted \d+ events\. Freed/);
    expect(out).toMatch(/Verified: none of \d+ IDs found in any file\./);
    expect(out).toContain("Hooks removed: claude_code");
    expect(out).toContain("None of these files and folders exists any more.");
  });

  it("removes nothing without an answer, and says what it would remove", async () => {
    await used();
    const before = tree();
    const { code, out, err } = await ran("uninstall");
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining("use --yes") });
    expect(out).toContain(join(home, ".config", "nexus", "consent.jsonl"));
    expect(tree().filter((line) => !line.includes("nexus-cli.jsonl"))).toEqual(
      before.filter((line) => !line.includes("nexus-cli.jsonl")),
    );
  });

  it("leaves other files in its folders, and names them and the user's own lines", async () => {
    await used();
    const mine = join(home, "nexus", "notes.txt");
    writeFileSync(mine, "mine");
    writeFileSync(join(home, ".bashrc"), 'PS1="$ "\neval "$(nexus completion bash)"\n');
    const extension = join(home, ".vscode", "extensions", "nexus.nexus-telemetry-0.8.0-linux-x64");
    mkdirSync(extension, { recursive: true });
    const { out } = await ran("uninstall", "--yes");
    expect(out).toContain(`Not created by Nexus, kept: ${mine}`);
    expect(out).toContain(`Remove the line for completions yourself: ${join(home, ".bashrc")}:2`);
    expect(out).toContain(`The extension is installed: ${extension}`);
    expect(existsSync(mine)).toBe(true);
    expect(readdirSync(join(home, "nexus"))).toEqual(["notes.txt"]);
  });

  it("keeps everything if a hook cannot be removed, because the hook would fail without its script", async () => {
    await used();
    const settings = join(home, ".claude", "settings.json");
    const damaged = `${readFileSync(settings, "utf8")}\n}}`;
    writeFileSync(settings, damaged);
    const { code, err } = await ran("uninstall", "--yes");
    expect(code).toBe(1);
    expect(err).toContain("the data was not deleted.");
    expect(existsSync(join(home, "nexus", "state", "telemetry.db"))).toBe(true);
  });

  it("removes nothing of others in a folder that a variable names", async () => {
    const env = { NEXUS_HOME: join(home, ".local"), NEXUS_USAGE_OUTBOX_DIR: join(home, "outbox") };
    const others = [
      ["outbox", "mine"],
      ["outbox", "rejected"],
      [".local", "state", "otherapp"],
    ].map((parts) => join(home, ...parts));
    for (const folder of others) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "data"), "mine");
    }
    const before = tree();
    await nexus(home, env, "enable", "--yes");
    await nexus(home, env, "run", "--", "git", "--version");
    expect(await nexus(home, env, "uninstall", "--yes")).toMatchObject({ code: 0, err: "" });
    expect(tree()).toEqual(before);
  });

  it("keeps files of others in its folders, and a database that has tables of another program", async () => {
    const theirs = join(home, "theirs.db");
    const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
    const database = new DatabaseSync(theirs);
    database.exec("CREATE TABLE recipes (name TEXT); INSERT INTO recipes VALUES ('soup')");
    database.close();
    await used();
    await ran("telemetry", "config", "set", "db_path", theirs);
    const before = readFileSync(theirs);
    const refused = await ran("uninstall", "--yes");
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("has tables of another program") });
    expect(readFileSync(theirs).equals(before)).toBe(true);
    await ran("telemetry", "config", "unset", "db_path");
    const mine = join(home, "nexus", "state", "my-copy.json");
    const copy = join(home, "nexus", "state", "telemetry.db.my-backup");
    for (const file of [mine, copy]) writeFileSync(file, "mine");
    const { kept } = JSON.parse((await ran("uninstall", "--yes", "--json")).out);
    expect(kept.sort()).toEqual([mine, copy]);
    expect(readFileSync(mine, "utf8")).toBe("mine");
    const after = new DatabaseSync(theirs);
    expect(after.prepare("SELECT name FROM recipes").get()).toEqual({ name: "soup" });
    after.close();
  });

  it("leaves a link in place of a folder, and what is not ours behind it", async () => {
    const dotfiles = join(home, "dotfiles");
    mkdirSync(dotfiles);
    writeFileSync(join(dotfiles, "mine"), "mine");
    symlinkSync(dotfiles, join(home, ".config", "nexus"));
    const before = tree();
    await ran("enable", "--yes");
    expect(await ran("uninstall", "--yes")).toMatchObject({ code: 0, err: "" });
    expect(tree()).toEqual(before);
  });

  it("removes nothing while the configuration is invalid, or a hook is in another folder of the agent", async () => {
    await used();
    const config = join(home, ".config", "nexus", "config.toml");
    const valid = readFileSync(config, "utf8");
    writeFileSync(config, "[telemetry]\nretention = 3\n");
    // What hooks may record follows the configuration.
    const withoutState = () => tree().filter((line) => !line.includes("recording.txt"));
    const invalid = withoutState();
    expect(await ran("uninstall", "--yes")).toMatchObject({
      code: 1,
      err: expect.stringContaining("Nothing was removed."),
    });
    expect(withoutState()).toEqual(invalid);
    writeFileSync(config, valid);
    const elsewhere = { CLAUDE_CONFIG_DIR: join(home, "cc") };
    mkdirSync(join(home, "cc"));
    await ran("agents", "disconnect", "claude_code");
    await nexus(home, elsewhere, "agents", "connect", "claude_code", "--yes");
    // Connected twice: the latest connection does not hide the one before.
    await ran("agents", "connect", "claude_code", "--yes");
    const connected = readFileSync(join(home, "cc", "settings.json"), "utf8");
    const refused = await ran("uninstall", "--yes");
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining(join(home, "cc", "settings.json")) });
    expect(readFileSync(join(home, "cc", "settings.json"), "utf8")).toBe(connected);
    await ran("agents", "disconnect", "claude_code");
    expect(await nexus(home, elsewhere, "uninstall", "--yes")).toMatchObject({ code: 0 });
    expect(existsSync(join(home, "nexus"))).toBe(false);
  });

  it("changes nothing while the database is locked, and removes a damaged one", async () => {
    await used();
    const file = join(home, "nexus", "state", "telemetry.db");
    const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
    const other = new DatabaseSync(file);
    other.exec("BEGIN IMMEDIATE");
    const before = readFileSync(join(home, ".claude", "settings.json"), "utf8");
    expect(await ran("uninstall", "--yes")).toMatchObject({
      code: 1,
      err: expect.stringContaining("Nothing was removed."),
    });
    expect(readFileSync(join(home, ".claude", "settings.json"), "utf8")).toBe(before);
    other.close();
    writeFileSync(file, "no database".repeat(1_000));
    expect(await ran("uninstall", "--yes")).toMatchObject({ code: 0 });
    expect(existsSync(join(home, "nexus"))).toBe(false);
  });

  it("keeps the keys for erasing shared data, also if the database is gone", async () => {
    const server = await UsageServer.start();
    const env = { NEXUS_USAGE_UPLOAD_URL: server.url };
    await nexus(home, env, ...shareWith(server.url));
    await nexus(home, env, "run", "--", "git", "--version");
    expect((await nexus(home, env, "sync")).out).toContain("Sent 1 event");
    rmSync(join(home, "nexus", "state", "telemetry.db"));
    const refused = await nexus(home, env, "uninstall", "--yes");
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("nexus telemetry erase-remote") });
    expect(existsSync(join(home, "nexus", "state", "usage", "installation.json"))).toBe(true);
    expect(await nexus(home, env, "telemetry", "erase-remote")).toMatchObject({ code: 0 });
    expect(await nexus(home, env, "uninstall", "--yes")).toMatchObject({ code: 0 });
  });

  it("says that there is nothing, also with --json, and creates nothing", async () => {
    const before = tree();
    expect(await ran("uninstall")).toMatchObject({
      code: 0,
      out: expect.stringContaining("has no hooks, data or settings"),
    });
    expect(JSON.parse((await ran("uninstall", "--json")).out)).toMatchObject({ removed: [], remaining: [] });
    expect(tree()).toEqual(before);
  });
});

describe("after the editor removed the extension", () => {
  it("the hooks are gone byte for byte, and the data is still there", async () => {
    const settings = join(home, ".claude", "settings.json");
    const before = readFileSync(settings, "utf8");
    await used();
    expect(await removeExtension()).toMatchObject({ code: 0, err: "" });
    expect(readFileSync(settings, "utf8")).toBe(before);
    const { events } = JSON.parse((await ran("telemetry", "show", "--json")).out);
    expect(events.map(({ type }: { type: string }) => type)).toContain("uninstall");
  });

  it("the hooks are gone also while recording is off, or the configuration is invalid", async () => {
    const settings = join(home, ".claude", "settings.json");
    const before = readFileSync(settings, "utf8");
    await used();
    await ran("disable");
    expect(await removeExtension()).toMatchObject({ code: 0, err: "" });
    expect(readFileSync(settings, "utf8")).toBe(before);
    await ran("agents", "connect", "claude_code", "--yes");
    writeFileSync(join(home, ".config", "nexus", "config.toml"), "x = [");
    await removeExtension();
    expect(readFileSync(settings, "utf8")).toBe(before);
  });

  it("the hooks stay while another editor has the extension, but not for one that waits for its removal", async () => {
    await used();
    const settings = join(home, ".claude", "settings.json");
    const connected = readFileSync(settings, "utf8");
    const folder = join(home, ".cursor", "extensions");
    mkdirSync(join(folder, "nexus.nexus-telemetry-0.8.0"), { recursive: true });
    await removeExtension();
    expect(readFileSync(settings, "utf8")).toBe(connected);
    writeFileSync(join(folder, ".obsolete"), '{"nexus.nexus-telemetry-0.8.0":true}');
    await removeExtension();
    expect(readFileSync(settings, "utf8")).not.toContain("nexus");
  });
});
