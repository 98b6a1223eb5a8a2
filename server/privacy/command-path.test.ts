import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commandPath } from "./command-path.ts";
import { isCommandPath } from "./vocabulary.ts";

/** Command path, tab, command line: realistic lines with manually verified paths. */
const table = readFileSync(new URL("../../test/fixtures/command-lines.tsv", import.meta.url), "utf8")
  .split("\n")
  .filter((row) => row !== "")
  .map((row) => [row.slice(row.indexOf("\t") + 1), row.slice(0, row.indexOf("\t"))] as const);

describe("command line → command path", () => {
  it.each([
    ["git commit -m 'secret plan'", "git commit"],
    ["git -C /home/ada/project status", "git status"],
    ["git remote add origin git@example.com:ada/x.git", "git remote add"],
    ["git my-private-alias", "git"],
    ["npm run build", "npm run"],
    ["npm i left-pad", "npm i"],
    ["docker compose -f prod.yml up -d", "docker compose up"],
    ["cargo +nightly test", "cargo test"],
    ["kubectl -n prod get pods", "kubectl get"],
    ["FOO=bar BAZ=$(cat x) make all", "make"],
    ["sudo -u postgres psql", "psql"],
    ["sudo apt-get install x", "apt-get install"],
    ["env -u A B=c node server.js", "node"],
    ["time -p ls", "ls"],
    ["time", "time"],
    ["timeout -k 5 30 curl https://x", "curl"],
    ["nice -n 10 make", "make"],
    ["npx --yes eslint .", "eslint"],
    ["npx @ada/private-tool", "npx"],
    ["/usr/local/bin/python3.12 x.py", "python3"],
    ["./deploy-to-prod.sh --key abc", "other"],
    ["~/bin/my-tool", "other"],
    ["$EDITOR notes.txt", "other"],
    ["if git diff --quiet; then echo; fi", "git diff"],
    ["! grep -q x y", "grep"],
    ["Get-ChildItem -Path C:\\Users\\ada", "get-childitem"],
    ['& "C:\\Program Files\\Git\\cmd\\git.exe" push', "git push"],
    ["nexus telemetry status", "nexus telemetry status"],
    ["", "other"],
    ["   ", "other"],
    ["password123", "other"],
  ])("converts %j to %j", (line, path) => expect(commandPath(line)).toBe(path));

  it("converts hundreds of realistic lines", () => {
    expect(table.length).toBeGreaterThan(300);
    for (const [line, path] of table) expect([line, commandPath(line)]).toEqual([line, path]);
  });

  it("invariant: no-free-text: returns only vocabulary for any line", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (line) => {
        expect(isCommandPath(commandPath(line))).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it("invariant: no-free-text: returns only vocabulary for vocabulary words in any order", () => {
    const word = fc.constantFrom("git", "commit", "npm", "run", "sudo", "env", "-x", "--", "A=b", "|", "secret", "npx");
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        const path = commandPath(words.join(" "));
        expect(isCommandPath(path)).toBe(true);
        expect(path).not.toContain("secret");
      }),
      { numRuns: 3_000 },
    );
  });
});
