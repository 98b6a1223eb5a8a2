/** A small `npm run privacy:attack` with a new seed each time, and the scanner's command. */
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { generatedCorpus } from "../../scripts/privacy/corpus/generated.ts";
import { attack } from "../../scripts/privacy/field-attack.ts";
import { attackFiles } from "../../scripts/privacy/files-attack.ts";
import { scan } from "../../server/privacy/scanner/scan.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";

const seed = Date.now() % 1_000_000;
const script = (name: string) => fileURLToPath(new URL(`../../scripts/privacy/${name}.ts`, import.meta.url));

describe("invariant: no-free-text", () => {
  const groups = generatedCorpus(seed, 1);

  it(`lets no case of a generated corpus out of a worker (seed ${seed})`, async () => {
    const { cases, stored, leaks } = await attack(groups.flatMap((group) => group.cases));
    expect(leaks).toEqual([]);
    expect(stored).toBeGreaterThan(5 * cases);
  });

  it(`writes no case to a file, before and after the import of event logs (seed ${seed})`, async () => {
    const cases = groups.flatMap((group) => group.cases).filter((_, n) => n % 8 === seed % 8);
    const { stored, lines, leaks } = await attackFiles(cases);
    expect(leaks).toEqual([]);
    expect(lines).toBeGreaterThan(5 * cases.length);
    expect(stored).toBeGreaterThan(5 * cases.length);
  });

  it(`detects at least 99.5% of each class with the scanner (seed ${seed})`, () => {
    expect(groups.filter(({ kind }) => kind === "secret").length).toBeGreaterThan(100);
    const secrets = groups.filter(({ kind }) => kind === "secret").flatMap(({ cases }) => cases);
    const classes = [{ name: "secrets", cases: secrets }, ...groups.filter(({ kind }) => kind === "personal")];
    for (const { name, cases } of classes) {
      const missed = cases.filter(({ text, needles }) => {
        const found = scan(text).text;
        return found !== null && needles.some((needle) => found.includes(needle));
      });
      expect([name, missed.length / cases.length <= 0.005]).toEqual([name, true]);
    }
  });
});

describe("privacy:attack", () => {
  it("reads a folder of JSONL files and prints one JSON object", () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "one.jsonl"), `${JSON.stringify({ text: "mail ada@example.com now" })}\n\n`);
    const values = [{ value: "/home/ada/acme" }];
    writeFileSync(join(folder, "two.jsonl"), `${JSON.stringify({ text: "cd /home/ada/acme", values })}\n`);
    const output = execFileSync(process.execPath, [script("attack"), "--corpus", folder], { encoding: "utf8" });
    expect(JSON.parse(output)).toMatchObject({
      cases: 2,
      leaks: 0,
      files: { "one.jsonl": { cases: 1, leaks: 0 }, "two.jsonl": { cases: 1, leaks: 0 } },
    });
  });

  it("reports the line number of invalid corpus data", () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "bad.jsonl"), '{"text": "x"}\n{"txt": 1}\n');
    const { status, stderr } = spawnSync(process.execPath, [script("attack"), "--corpus", folder], {
      encoding: "utf8",
    });
    expect([status, stderr.trim()]).toEqual([2, `${join(folder, "bad.jsonl")}, line 2: "text" must be a string`]);
  });
});

describe("privacy:scan", () => {
  it("responds line by line and continues after an invalid line", () => {
    const lines = [
      { id: 1, text: "from 192.168.1.12" },
      { id: "2", text: "password: q8Zt3kV9x" },
      { id: 3, text: "git status\u2028\ud800" },
    ].map((line) => JSON.stringify(line));
    const { status, stdout, stderr } = spawnSync(process.execPath, [script("scan")], {
      input: `${lines[0]}\nnot json\n${lines[1]}\n${lines[2]}`,
      encoding: "utf8",
    });
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { id: 1, text: "from [IP]" },
      { id: "2", text: null },
      { id: 3, text: "git status\u2028\ud800" },
    ]);
    expect(stderr).toBe('line 2: invalid JSON; expected {"id": …, "text": "…"}\n');
    expect(status).toBe(1);
  });
});
