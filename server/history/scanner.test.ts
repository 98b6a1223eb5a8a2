import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Found, type Shape, scanLine, scanList } from "./scanner.ts";

const scan = (text: string, shape: Shape) => {
  // Within other bytes, as in a chunk of a file.
  const bytes = Buffer.from(`"}]${text}{["`);
  return scanLine(bytes, 3, 3 + Buffer.byteLength(text), shape);
};
const plain = (found: Found | undefined): unknown =>
  found === undefined ? undefined : JSON.parse(JSON.stringify(found));

const shape: Shape = {
  a: "text",
  n: "number",
  b: "boolean",
  o: { a: "text", n: "number", o: { a: "text" } },
  l: [{ a: "text", n: "number" }],
};

/** What the scanner must find, by a complete parser. */
function expected(value: unknown, of: Shape): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const found: Record<string, unknown> = {};
  for (const [name, wanted] of Object.entries(of)) {
    const one: unknown = Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
    if (wanted === "text") {
      if (typeof one === "string" && Buffer.byteLength(JSON.stringify(one)) - 2 <= 128) found[name] = one;
    } else if (wanted === "number" || wanted === "boolean") {
      if (typeof one === wanted) found[name] = one;
    } else if (Array.isArray(wanted)) {
      if (Array.isArray(one))
        found[name] = one.filter((item) => expected(item, {}) !== undefined).map((item) => expected(item, wanted[0]));
    } else if (expected(one, {}) !== undefined) found[name] = expected(one, wanted as Shape);
  }
  return found;
}

describe("the scanner", () => {
  const key = fc.constantFrom("a", "n", "b", "o", "l", "x", "text", '"a":', "ä", "__proto__", "");
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom<unknown>(null, true, false, "", '","a":"x', "\\", '\\"', "\u2028 ü 😀", "x".repeat(200)),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string(),
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.array(fc.tuple(key, tie("tree")), { maxLength: 6 }).map((entries) => Object.fromEntries(entries)),
    ),
  }));
  const object = fc.array(fc.tuple(key, tree), { maxLength: 8 }).map((entries) => Object.fromEntries(entries));

  it("finds what a complete parser finds, with and without spaces", () => {
    fc.assert(
      fc.property(object, fc.constantFrom(undefined, 1, "\t"), (value, space) => {
        expect(plain(scan(JSON.stringify(value, null, space), shape))).toEqual(
          JSON.parse(JSON.stringify(expected(JSON.parse(JSON.stringify(value)), shape))),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it("returns nothing of a line that is cut", () => {
    fc.assert(
      fc.property(object, fc.nat(), (value, cut) => {
        const bytes = Buffer.from(JSON.stringify(value));
        const end = cut % bytes.length;
        expect(scanLine(bytes, 0, end, shape)).toBeUndefined();
      }),
    );
  });

  it("never throws, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, isObject) => {
        const all = Buffer.concat([Buffer.from(isObject ? '{"o":' : ""), Buffer.from(bytes)]);
        scanLine(all, 0, all.length, shape);
      }),
      { numRuns: 2_000 },
    );
  });

  it("reads the last of equal keys, and keys like others", () => {
    expect(plain(scan('{"a":"first","a":"last","n":1,"n":"x"}', shape))).toEqual({ a: "last" });
    const found = scan('{"__proto__":{"a":"x"},"a":"y"}', { ["__proto__"]: { a: "text" }, a: "text" });
    expect(found?.["a"]).toBe("y");
    expect(Reflect.get({}, "a")).toBeUndefined();
  });

  it("takes nothing from texts", () => {
    const line = JSON.stringify({ text: '{"a":"no"}', x: { a: "no" }, l: ["a", { text: '"a":"no"', a: "yes" }] });
    expect(plain(scan(line, shape))).toEqual({ l: [{ a: "yes" }] });
  });

  it("reads all keys of an object with *, also those of objects' own methods, unless they are long", () => {
    const names = fc.oneof(key, fc.string({ maxLength: 150 }), fc.constantFrom("*", "constructor", "toString"));
    const inner = fc.array(fc.tuple(names, fc.oneof(fc.nat(), tree)), { maxLength: 8 });
    fc.assert(
      fc.property(inner, (entries) => {
        const value = Object.fromEntries(entries.filter(([name]) => name !== "__proto__"));
        const wanted = Object.entries(value).flatMap(([name, one]) => {
          const isShort = Buffer.byteLength(JSON.stringify(name)) - 2 <= 128;
          const found = expected(one, { n: "number" });
          return isShort && found !== undefined ? [[name, found]] : [];
        });
        expect(plain(scan(JSON.stringify({ o: value }), { o: { "*": { n: "number" } } }))).toEqual({
          o: Object.fromEntries(wanted),
        });
      }),
    );
    expect(Object.keys(scan('{"__proto__":{"n":1}}', { "*": { n: "number" } }) ?? {})).toEqual(["__proto__"]);
  });

  it("reads an object that is written as a text, and no text within it", () => {
    const wanted: Shape = { t: ["text", { a: "text", n: "number", o: { n: "number" } }] };
    const plainText = (text: string) => /^[ -~]*$/.test(text);
    fc.assert(
      fc.property(object, (value) => {
        const inner = JSON.parse(JSON.stringify(value));
        const found = scan(JSON.stringify({ t: JSON.stringify(inner) }), wanted);
        // Other characters are not kept: no name that is read has them.
        if (typeof inner.a === "string" && !plainText(inner.a)) inner.a = undefined;
        const { t } = plain(found) as { t: { a?: string } };
        if (inner.a === undefined) delete t.a;
        expect(t).toEqual(expected(JSON.parse(JSON.stringify(inner)), wanted["t"]?.[1] as Shape));
      }),
    );
    for (const text of ['"{\\"n\\":1"', '"x{\\"n\\":1}"', '"{\\"n\\":1}}"', "{}", "1"])
      expect(plain(scan(`{"t":${text}}`, wanted))).toEqual({});
    expect(scan('{"t":"{\\"n\\":1', wanted)).toBeUndefined();
  });

  it("reads a path as it is written, and the objects of a list", () => {
    expect(plain(scan('{"k":["requests",2,"result"]}', { k: "path" }))).toEqual({ k: '["requests",2,"result"]' });
    expect(plain(scan(`{"k":["${"x".repeat(200)}"]}`, { k: "path" }))).toEqual({});
    const list = (text: string) => scanList(Buffer.from(text), 0, Buffer.byteLength(text), { n: "number" });
    expect(JSON.stringify(list(' [{"n":1},2,{"n":"x"}] '))).toBe('[{"n":1},{}]');
    for (const text of ["{}", "[", '[{"n":1}', "[] x", ""]) expect(list(text)).toBeUndefined();
  });
});
