import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstCommandWords } from "./shell-words.ts";

describe("first command of a line", () => {
  it.each([
    ["git commit -m 'a b'", ["git", "commit", "-m", "a b"]],
    ['git commit -m "a \\"b\\" c"', ["git", "commit", "-m", 'a "b" c']],
    ["ls | grep x", ["ls"]],
    ["make && make install", ["make"]],
    ["sleep 1; echo done", ["sleep", "1"]],
    ["sleep 1 &", ["sleep", "1"]],
    ["echo a\\ b", ["echo", "a b"]],
    ["git \\\n status", ["git", "status"]],
    ["echo $(git status) x", ["echo", null, "x"]],
    ["echo `date` x", ["echo", null, "x"]],
    ['echo "$HOME/x"', ["echo", null]],
    ["$EDITOR file", [null, "file"]],
    ["sort < in > out 2>&1 -r", ["sort", "-r"]],
    ["2>/dev/null find .", ["find", "."]],
    ["cmd &> all.log x", ["cmd", "x"]],
    ["git status # a comment", ["git", "status"]],
    ["(cd /tmp && ls)", ["cd", "/tmp"]],
    ["  \n ls", ["ls"]],
    ["& 'C:\\Program Files\\Git\\git.exe' status", ["C:\\Program Files\\Git\\git.exe", "status"]],
    ["C:\\tools\\git.exe status", ["C:\\tools\\git.exe", "status"]],
    ["", []],
    ["'unclosed", ["unclosed"]],
  ])("splits %j", (line, words) => expect(firstCommandWords(line)).toEqual(words));

  it("never throws", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), (line) => void firstCommandWords(line)));
  });

  it("handles 1 MB of a repeated special character", () => {
    for (const char of ["'", '"', "`", "$(", "(", "\\", "&", "|", " ", "a", "<", "#", "\n"]) {
      const words = firstCommandWords(char.repeat(1_000_000 / char.length));
      expect(words.length).toBeLessThanOrEqual(64);
    }
  });
});
