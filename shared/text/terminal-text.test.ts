import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { terminalJson, terminalText, withoutPasswords } from "./terminal-text.ts";

/** Returns whether a text has characters that a terminal acts on, other than newlines and tabs. */
const isUnsafe = (text: string): boolean =>
  /[^\P{Cc}\t\n]/u.test(text) || /[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/.test(text);

describe("terminal text", () => {
  it("contains no character that a terminal acts on", () => {
    const odd = fc.constantFrom("\u001b]0;title\u0007", "\u009b31m", "\u0008", "\r", "\u202e", "plain", "\n");
    fc.assert(
      fc.property(fc.array(fc.oneof(odd, fc.string({ unit: "binary" }))), (parts) => {
        const text = parts.join("");
        expect(isUnsafe(terminalText(text))).toBe(false);
        const json = terminalJson(JSON.stringify(text));
        expect(isUnsafe(json)).toBe(false);
      }),
    );
  });

  it("keeps the value of JSON without URLs", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        fc.pre(!text.includes("://"));
        expect(JSON.parse(terminalJson(JSON.stringify(text)))).toBe(text);
      }),
    );
  });

  it.each([
    ["https://ada:pw@example.com/e", "https://…@example.com/e"],
    ["postgres://nexus:p@ss:w/rd@db:5432/x", "postgres://…@db:5432/x"],
    ["url = https://token@example.com, next", "url = https://…@example.com, next"],
    ['"https://u:p@a" and "https://b/c@d"', '"https://…@a" and "https://b/c@d"'],
    ["https://cdn.example/pkg@1.2.3/x.js", "https://cdn.example/pkg@1.2.3/x.js"],
    ["https://example.com:8443/a@b", "https://example.com:8443/a@b"],
    ["HTTP://U:P@[::1]:80/", "HTTP://…@[::1]:80/"],
    ["ada@example.com", "ada@example.com"],
    ["file:///home/ada/x", "file:///home/ada/x"],
  ])("%s → %s", (text, shown) => expect(withoutPasswords(text)).toBe(shown));

  it("never shows the password of a URL", () => {
    const word = fc.stringMatching(/^[A-Za-z0-9!$&*+=_.~-]{6,20}$/);
    fc.assert(
      fc.property(word, word, fc.constantFrom("", "/path", "/a@b", ":8443/x"), (user, password, rest) => {
        const secret = `S3${password}`;
        expect(terminalText(`see https://${user}:${secret}@example.com${rest} now`)).not.toContain(secret);
      }),
    );
  });

  it("handles long texts: a quadratic search would not end here", () => {
    for (const part of ["a", "a://", "A1+.-", "x:y@"]) {
      const text = part.repeat(Math.ceil(2_000_000 / part.length));
      expect(terminalText(text).length).toBeGreaterThan(0);
    }
    expect(terminalText(`${"a".repeat(100_000)} https://ada:secret@example.com`)).not.toContain("secret");
  });
});
