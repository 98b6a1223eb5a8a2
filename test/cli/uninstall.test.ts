/** Removing everything with the built command, and what the editor runs after it removed the extension. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { nexus, runBuilt } from "../fixtures/run-cli.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";

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
    expect(err).toContain("The data was not deleted.");
    expect(existsSync(join(home, "nexus", "state", "telemetry.db"))).toBe(true);
  });

  it("says that there is nothing, also with --json, and creates nothing", async () => {
    const before = tree();
    expect(await ran("uninstall")).toMatchObject({ code: 0, out: expect.stringContaining("has no hooks, data or settings") });
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
