/** `nexus shell import` of the built command: counted once, without text, and undone. */
import { type Dirent, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { canary } from "../fixtures/agent-history.ts";
import { decide } from "../fixtures/consented.ts";
import { nexus } from "../fixtures/run-cli.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";

const startS = Date.UTC(2026, 5, 1, 8) / 1_000;
const everything = ["--since", "2026-05-30", "--until", "2026-06-30"] as const;

/** 100 commands in zsh; atuin knows the last 60 of them and 20 of another shell. */
function homeWithShells(): string {
  const home = tempFolder();
  const commands = Array.from({ length: 120 }, (_, n) => (n % 3 === 0 ? "git commit" : "npm test"));
  const lines = commands.slice(0, 100).map((command, n) => `: ${startS + n * 60}:${n % 7};${command} -m ${canary}`);
  writeFileSync(join(home, ".zsh_history"), lines.join("\n"));
  const folder = join(home, ".local", "share", "atuin");
  mkdirSync(folder, { recursive: true });
  const database = new DatabaseSync(join(folder, "history.db"));
  database.exec(
    "CREATE TABLE history (id TEXT PRIMARY KEY, timestamp INTEGER, duration INTEGER, exit INTEGER, command TEXT, deleted_at INTEGER)",
  );
  const insert = database.prepare("INSERT INTO history VALUES (?, ?, ?, ?, ?, NULL)");
  for (const [n, command] of commands.entries())
    if (n >= 40)
      insert.run(`id${n}`, BigInt(startS + n * 60) * 1_000_000_000n, 5_000_000n, n % 2, `${command} ${canary}`);
  database.close();
  return home;
}

const run = (home: string, ...args: readonly string[]) => nexus(home, {}, "shell", "import", ...args);

it("shows what it keeps, counts a command once, and is undone", async () => {
  const home = homeWithShells();
  const preview = await run(home, "--preview");
  expect(preview).toMatchObject({ code: 0, err: "" });
  for (const text of [
    "zsh: 1 file",
    "100 commands.",
    "80 commands.",
    "Not kept",
    "never shared",
    "No files of bash, fish.",
  ])
    expect(preview.out).toContain(text);
  expect(await run(home, "--yes")).toMatchObject({ code: 1, err: expect.stringMatching(/^nexus: Recording is off/) });
  decide(home);
  const first = JSON.parse((await run(home, "--yes", "--json")).out);
  expect(first.imported).toMatchObject([
    { agent: "atuin", added: 80, known: 0 },
    { agent: "zsh", added: 40, known: 60 },
  ]);
  const { out } = await nexus(home, {}, "stats", "--by", "command", "--json", ...everything);
  expect(JSON.parse(out).groups).toMatchObject([
    { key: "npm test", measures: { runs: { count: 80 } } },
    { key: "git commit", measures: { runs: { count: 40 } } },
  ]);
  // Times of a history are in no sum. A commit without a message waits in an editor, so its outcome is the user's.
  expect(JSON.parse(out).total.runs).toMatchObject({ totalMs: 0, timed: 0, failed: 27 });
  expect(await nexus(home, {}, "commands", "--origin", "live", ...everything)).toMatchObject({
    out: expect.stringContaining("Nothing in this period matches"),
  });
  const again = JSON.parse((await run(home, "--yes", "--json")).out);
  expect(again.imported).toMatchObject([
    { added: 0, known: 80 },
    { added: 0, known: 100 },
  ]);
  const own = ({ parentPath, name }: Dirent) => name !== ".zsh_history" && !parentPath.endsWith("atuin");
  for (const entry of readdirSync(home, { recursive: true, withFileTypes: true }))
    if (entry.isFile() && own(entry))
      expect([entry.name, readFileSync(join(entry.parentPath, entry.name)).includes(canary)]).toEqual([
        entry.name,
        false,
      ]);
  expect(await run(home, "--undo", "--yes")).toMatchObject({ code: 0, out: expect.stringContaining("history of zsh") });
  const left = await nexus(home, {}, "stats", "--json", ...everything);
  expect(JSON.parse(left.out).total.runs.count).toBe(0);
});

it("says which shells it knows", async () => {
  expect(await run(tempFolder(), "basg")).toMatchObject({
    code: 2,
    err: expect.stringContaining("Unknown shell: basg. Did you mean bash?"),
  });
});
