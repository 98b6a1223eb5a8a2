/** Histories of shells: what is read of each format, as commands with public names. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HistoryShell } from "../../../shared/vocabulary/history-names.ts";
import { canary } from "../../../test/fixtures/agent-history.ts";
import { tempFolder } from "../../../test/fixtures/temp-folder.ts";
import { readAgentHistory } from "../agent-history.ts";

const startS = Date.UTC(2026, 5, 1, 8) / 1_000;

function read(shell: HistoryShell, files: Readonly<Record<string, string | Buffer>>, env = {}) {
  const home = tempFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(home, dirname(path)), { recursive: true });
    writeFileSync(join(home, path), text);
  }
  return readIn(shell, home, env);
}

function readIn(shell: HistoryShell, home: string, env = {}) {
  const [history] = readAgentHistory([shell], home, env);
  if (history === undefined) throw new Error("no history");
  expect(JSON.stringify(history)).not.toContain(canary);
  const { files, skippedLines, unreadable } = history;
  const runs = history.tools.map(({ tsMs, elapsedMs, command }) => [
    tsMs / 1_000 - startS,
    command?.path,
    elapsedMs,
    ...(command?.exitCode === undefined ? [] : [command.exitCode]),
  ]);
  return { files, skippedLines, unreadable, runs };
}

describe("histories of shells", () => {
  it("reads zsh's, with line breaks, and names lines without a time", () => {
    const text = [
      `ls ${canary}`,
      `: ${startS}:5;git commit -m "${canary}"`,
      `: ${startS + 9}:0;docker run \\`,
      `  --name ${canary} x\\\\`,
      `: ${startS + 9}:0;npm run build && ./${canary}.sh`,
      `:  ${startS + 20}:61;./${canary}.sh`,
      `: ${startS + 30}:0; `,
      `: ${startS + 40}:2;cargo test`,
    ].join("\n");
    expect(read("zsh", { ".zsh_history": text, ".zsh_sessions/x.history": text, "zsh/other": text })).toEqual({
      files: 1,
      skippedLines: 1,
      unreadable: [],
      runs: [
        [0, "git commit", 5_000],
        [9, "docker run", null],
        [9, "npm run build", null],
        [20, "", 61_000],
        [40, "cargo test", 2_000],
      ],
    });
  });

  it("reads bash's with times, of several lines, and none without", () => {
    const text = `ls\n#${startS}\ngit status\n#${startS + 5}\nfor f in *; do\n  cat ${canary}\ndone\n#note\n#${startS + 6}\n`;
    expect(read("bash", { ".bash_history": text })).toMatchObject({
      skippedLines: 1,
      runs: [
        [0, "git status", null],
        [5, "cat", null],
      ],
    });
    expect(read("bash", { ".bash_history": `ls ${canary}\ncd x\n` })).toMatchObject({ skippedLines: 2, runs: [] });
  });

  it("reads fish's, with escapes and paths", () => {
    const text = `- cmd: git push\n  when: ${startS}\n  paths:\n    - ${canary}\n- cmd: echo a\\nnpm test\n  when: ${startS + 3}\n- cmd: cut`;
    expect(read("fish", { ".local/share/fish/fish_history": text })).toMatchObject({
      skippedLines: 1,
      runs: [
        [0, "git push", null],
        [3, "npm test", null],
      ],
    });
  });

  it("reads atuin's, without what was deleted", () => {
    const home = tempFolder();
    const folder = join(home, ".local", "share", "atuin");
    mkdirSync(folder, { recursive: true });
    const database = new DatabaseSync(join(folder, "history.db"));
    database.exec(
      `CREATE TABLE history (id TEXT PRIMARY KEY, timestamp INTEGER, duration INTEGER, exit INTEGER, command TEXT, cwd TEXT, session TEXT, hostname TEXT, deleted_at INTEGER)`,
    );
    const insert = database.prepare("INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    const add = (n: number, duration: number, exit: number, command: string, deleted: bigint | null = null) =>
      insert.run(
        `id${n}`,
        BigInt(startS + n) * 1_000_000_000n,
        BigInt(duration) * 1_000_000n,
        exit,
        command,
        canary,
        canary,
        canary,
        deleted,
      );
    add(0, 1_500, 0, "make");
    add(1, 20, 1, `git commit -m '${canary} ${"x".repeat(500)}'`);
    add(2, 20, 0, "rm x", 1n);
    insert.run("id3", BigInt(startS + 3) * 1_000_000_000n, -1n, -1, "npm ci", canary, canary, canary, null);
    database.close();
    expect(readIn("atuin", home)).toMatchObject({
      skippedLines: 0,
      runs: [
        [0, "make", 1_500, 0],
        [1, "git commit", 20, 1],
        [3, "npm ci", null],
      ],
    });
  });

  it("never fails, whatever the files hold, and keeps no text", () => {
    const line = fc.oneof(
      fc.constantFrom(
        `: ${startS}:1;git log`,
        `#${startS}`,
        "- cmd: git log",
        `  when: ${startS}`,
        "\\",
        `${canary}\\`,
      ),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(fc.array(line), fc.constantFrom("utf8", "utf16le", "latin1"), (lines, encoding) => {
        const text = Buffer.from(lines.join("\n"), encoding);
        read("zsh", { ".zsh_history": text });
        read("bash", { ".bash_history": text });
        read("fish", { ".local/share/fish/fish_history": text });
      }),
      { numRuns: 40 },
    );
  });
});
