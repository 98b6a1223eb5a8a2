import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluated, readShellLine } from "./reader.ts";

const wordsOf = (line: string) => readShellLine(line).commands.map(({ words }) => words);
const first = (line: string) => wordsOf(line)[0] ?? [];

describe("words of a command", () => {
  it.each([
    ["git commit -m 'a b'", ["git", "commit", "-m", "a b"]],
    ['git commit -m "a \\"b\\" c"', ["git", "commit", "-m", 'a "b" c']],
    ["echo a\\ b", ["echo", "a b"]],
    ["git \\\n status", ["git", "status"]],
    ["git \\\r\n status", ["git", "status"]],
    ["docker run `\n  --rm alpine", ["docker", "run", "--rm", "alpine"]],
    ["npm run ^\r\n build", ["npm", "run", "build"]],
    ["echo $(git status) x", ["echo", evaluated, "x"]],
    ["echo `date` x", ["echo", evaluated, "x"]],
    ['echo "$HOME/x"', ["echo", `${evaluated}/x`]],
    ["$EDITOR file", [evaluated, "file"]],
    ["sort < in > out 2>&1 -r", ["sort", "-r"]],
    ["2>/dev/null find .", ["find", "."]],
    ["{fd}>x git log", ["git", "log"]],
    ["cmd &> all.log x", ["cmd", "x"]],
    ["git status # a comment", ["git", "status"]],
    ["  \n ls", ["ls"]],
    ["# it's a comment\nls", ["ls"]],
    ["& 'C:\\Program Files\\Git\\git.exe' status", ["C:\\Program Files\\Git\\git.exe", "status"]],
    ["C:\\tools\\git.exe status", ["C:\\tools\\git.exe", "status"]],
    ["git -C C:\\work\\ status", ["git", "-C", "C:\\work\\", "status"]],
    ["node_modules\\.bin\\eslint .", ["node_modules\\.bin\\eslint", "."]],
    ["X=\"$(grep -c 'a)' f)\" make", [`X=${evaluated}`, "make"]],
    ["A=( x y ) make", ["A=", "make"]],
    ["$'git' push", ["git", "push"]],
    ["'unclosed", ["unclosed"]],
  ])("splits %j", (line, words) => expect(first(line)).toEqual(words));

  it("has none in an empty line", () => expect(wordsOf("  \t \n")).toEqual([]));
});

describe("commands of a line", () => {
  it.each([
    ["ls | grep x", [["ls"], ["grep", "x"]], ["first", "pipe"]],
    ["make && make install", [["make"], ["make", "install"]], ["first", "and"]],
    ["a || b; c\nd", [["a"], ["b"], ["c"], ["d"]], ["first", "or", "sequence", "sequence"]],
    ["(a; b) && c", [["a"], ["b"], ["c"]], ["first", "sequence", "and"]],
    ["a &&\n b", [["a"], ["b"]], ["first", "and"]],
    ["cat <<E > x\nnot a command\nE\nls", [["cat"], ["ls"]], ["first", "sequence"]],
    ["if a; then b; fi", [["a"], ["b"]], ["first", "sequence"]],
    ["for x in a b; do c; done", [["c"]], ["first"]],
    ["case $1 in a) b ;; *) c ;; esac", [["b"], ["c"]], ["first", "sequence"]],
    ["x; case $1 in\n a | b)\n c | d\n ;;\nesac", [["x"], ["c"], ["d"]], ["first", "sequence", "pipe"]],
    ["[[ a && b ]] || c", [["[["], ["c"]], ["first", "or"]],
    ["f() { a; b; }; c", [["c"]], ["first"]],
    ["if ($?) { a }", [[evaluated], ["a"]], ["first", "sequence"]],
  ])("reads %j", (line, words, links) => {
    expect(wordsOf(line)).toEqual(words);
    expect(readShellLine(line).commands.map(({ link }) => link)).toEqual(links);
  });

  it("knows what is negated, in the background, nested or defined", () => {
    expect(readShellLine("! a & while b; do c; done").commands).toMatchObject([
      { negated: true, background: true, nested: false },
      { negated: false, background: false, nested: true },
      { nested: true },
    ]);
    expect([...readShellLine("serve() { a; }; function test { b; }").functions]).toEqual(["serve", "test"]);
  });
});

describe("any input", () => {
  it("never throws", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), (line) => void readShellLine(line)));
  });

  it("is read with bounded words, commands and nesting", () => {
    const parts = [
      "'",
      '"',
      "`",
      "$(",
      '"$(',
      "(",
      "\\",
      "\\a",
      "&",
      "|",
      " ",
      "a",
      "<",
      "#",
      "\n",
      "[[ ",
      "@'\n",
      "<<a\n",
    ];
    for (const part of parts) {
      const { commands } = readShellLine(part.repeat(Math.ceil(1_000_000 / part.length)));
      expect(commands.length).toBeLessThanOrEqual(257);
      for (const { words } of commands) expect(words.length).toBeLessThanOrEqual(64);
    }
  });
});
