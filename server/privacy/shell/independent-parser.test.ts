/**
 * Compares with an independent parser of POSIX shells, mvdan/sh as `sh-syntax`, on generated lines.
 *
 * Intended differences, which the generated lines avoid: a line may be of another shell, so a lone
 * `}` ends a command, `{` after words starts a script block, a backslash before a letter in a path
 * separates folders, and `^` before a line break continues the line.
 */
import fc from "fast-check";
import { parse, print } from "sh-syntax";
import { describe, expect, it } from "vitest";
import { lineCommand } from "../command/line-command.ts";
import { readShellLine } from "./reader.ts";

/** A piece of a line, and the path of its last working command; none if it only sets the scene. */
interface Piece {
  readonly text: string;
  readonly path?: string;
}

const working: readonly Piece[] = [
  { text: "git status", path: "git status" },
  { text: "'git' \"commit\" -m 'a; b && c'", path: "git commit" },
  { text: "npm run build -- --x='$y'", path: "npm run build" },
  { text: "A=1 B=\"$(echo 'x)')\" make -j4 >out.txt 2>&1", path: "make" },
  { text: "docker compose -f a.yml up -d", path: "docker compose up" },
  { text: "cat <<'E'\nnpm test; (\nE", path: "cat" },
  { text: 'grep -c "a)" "$(ls "b c" | head -1)" </dev/null', path: "grep" },
  { text: "curl -s localhost:3000 | jq '.a | .b'", path: "curl" },
  { text: "sudo -u me cargo test -- --nocapture", path: "cargo test" },
  { text: "kubectl get pods \\\n  --all-namespaces", path: "kubectl get" },
];
const scenes: readonly Piece[] = [
  { text: "cd 'a b'" },
  { text: 'export A="$(date)"' },
  { text: "echo 'x; y' \"z && $w\"" },
  { text: "A=1" },
  { text: "B=(x 'y z')" },
  { text: "# it's a comment; npm test\ntrue" },
  { text: "[[ -n $A && $B == c* ]]" },
  { text: "f() { make; echo '}'; }" },
];

const piece = fc.oneof(fc.constantFrom(...working), fc.constantFrom(...scenes));

const { line } = fc.letrec<{ line: Piece; item: Piece }>((tie) => ({
  item: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    piece,
    tie("line").map(({ text, path }) => ({ text: `( ${text}\n)`, path })),
    tie("line").map(({ text, path }) => ({ text: `{ ${text}\n}`, path })),
    tie("line").map(({ text, path }) => ({ text: `if true; then\n${text}\nfi`, path })),
    tie("line").map(({ text, path }) => ({ text: `for x in a 'b c'; do\n${text}\ndone`, path })),
    tie("line").map(({ text, path }) => ({ text: `while true; do\n${text}\ndone`, path })),
  ) as fc.Arbitrary<Piece>,
  line: fc
    .array(fc.tuple(tie("item") as fc.Arbitrary<Piece>, fc.constantFrom("\n", "\n", " &&\n", "\n\n")), {
      minLength: 1,
      maxLength: 4,
    })
    .map((items) => {
      // A here-document ends with its line, so only a line break may follow a piece.
      const text = items.map(([{ text }, link], n) => text + (n === items.length - 1 ? "" : safe(text, link))).join("");
      const path = items.findLast(([{ path }]) => path !== undefined)?.[0].path;
      return path === undefined ? { text } : { text, path };
    }),
}));

/** No operator may follow a here-document or a comment in the same line. */
const safe = (text: string, link: string) => (text.includes("<<") || text.includes("#") ? "\n" : link);

const commandsOf = (text: string) => readShellLine(text).commands.map(({ words }) => words);

describe("generated lines", () => {
  it("are valid, and named after their last working command", async () => {
    await fc.assert(
      fc.asyncProperty(line as fc.Arbitrary<Piece>, async ({ text, path }) => {
        await parse(text);
        const found = lineCommand(text);
        if (path !== undefined) expect(found.path).toBe(path);
        else expect(found.count).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  it("have the same commands in each statement that the other parser finds, and when it prints them", async () => {
    await fc.assert(
      fc.asyncProperty(line as fc.Arbitrary<Piece>, async ({ text }) => {
        const { Stmts: statements } = (await parse(text)) as {
          Stmts: { Pos: { Offset: number }; End: { Offset: number } }[];
        };
        const bytes = Buffer.from(text);
        // A here-document's body follows the statement that it belongs to.
        if (!text.includes("<<")) {
          const parts = statements.flatMap(({ Pos, End }) =>
            commandsOf(bytes.subarray(Pos.Offset, End.Offset).toString()),
          );
          expect(parts).toEqual(commandsOf(text));
        }
        expect(commandsOf(await print(text))).toEqual(commandsOf(text));
      }),
      { numRuns: 150 },
    );
  });
});
