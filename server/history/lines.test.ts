import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { maxLineBytes, readCompressedLines, readDocument, readLines } from "./lines.ts";

function linesOf(text: string | Buffer) {
  const file = join(tempFolder(), "lines.jsonl");
  writeFileSync(file, text);
  const lines: string[] = [];
  const read = readLines(file, (bytes, start, end) => lines.push(bytes.toString("utf8", start, end)));
  return { lines, ...read };
}

describe("reading a file of a history", () => {
  it("finds every line once, however long, without empty ones", () => {
    const length = fc.oneof(
      fc.integer({ max: 40, min: 0 }),
      fc.constantFrom(1_000_000, 4_194_303, 4_194_304, 5_000_000),
    );
    fc.assert(
      fc.property(fc.array(length, { maxLength: 6 }), fc.boolean(), (lengths, isEnded) => {
        const expected = lengths.map((size, n) => String(n % 10).repeat(size));
        const text = expected.join("\n") + (isEnded ? "\n" : "");
        const { lines, bytes, skipped } = linesOf(text);
        expect(lines.map((line) => [line.length, line[0]])).toEqual(
          expected.filter((line) => line !== "").map((line) => [line.length, line[0]]),
        );
        expect({ bytes, skipped }).toEqual({ bytes: Buffer.byteLength(text), skipped: 0 });
      }),
      { numRuns: 30 },
    );
  });

  it("finds the same lines in a compressed file, and refuses what is damaged, cut or too large", () => {
    const file = join(tempFolder(), "lines.jsonl.zst");
    const read = (bytes: Buffer) => {
      writeFileSync(file, bytes);
      const lines: string[] = [];
      const result = readCompressedLines(file, (part, start, end) => lines.push(part.toString("utf8", start, end)));
      return { lines, ...result };
    };
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), (texts) => {
        const text = texts.join("\n");
        const bytes = zstdCompressSync(text);
        expect(read(bytes)).toEqual({ ...linesOf(text), bytes: bytes.length });
      }),
      { numRuns: 50 },
    );
    const long = Buffer.concat([Buffer.from("first\n"), Buffer.alloc(maxLineBytes + 1, "x"), Buffer.from("\nlast")]);
    expect(read(zstdCompressSync(long))).toMatchObject({ lines: ["first", "last"], skipped: 1 });
    expect(() => read(Buffer.from("{}\n"))).toThrow("damaged");
    const whole = zstdCompressSync(Buffer.from("line\n".repeat(10_000)));
    expect(() => read(whole.subarray(0, whole.length - 20))).toThrow("damaged");
    expect(() => read(zstdCompressSync(Buffer.alloc(129 * 1024 * 1024)))).toThrow("larger than 128 MB");
  });

  it("skips a line that is too long, and only that", () => {
    const long = Buffer.alloc(3 * maxLineBytes, "x");
    const { lines, skipped, bytes } = linesOf(Buffer.concat([Buffer.from("first\n"), long, Buffer.from("\nlast\n")]));
    expect(lines).toEqual(["first", "last"]);
    expect({ skipped, bytes }).toEqual({ skipped: 1, bytes: 11 + 1 + long.length });
    expect(linesOf(Buffer.concat([Buffer.from("first\n"), long]))).toMatchObject({ lines: ["first"], skipped: 1 });
  });

  it("follows no link, and reads nothing but files", () => {
    const folder = tempFolder();
    const [file, link] = [join(folder, "file"), join(folder, "link")];
    writeFileSync(file, "line\n");
    symlinkSync(file, link);
    mkdirSync(join(folder, "folder"));
    for (const read of [() => readLines(link, () => {}), () => readDocument(link, () => {})])
      expect(read).toThrow("ELOOP");
    expect(() => readLines(join(folder, "folder"), () => {})).toThrow(/not a regular file|EISDIR/);
    const texts: string[] = [];
    readDocument(file, (bytes) => texts.push(bytes.toString()));
    expect(texts).toEqual(["line\n"]);
  });
});
