/**
 * Reads wanted fields of a line of JSON from its bytes. Everything else is skipped undecoded: prompts, answers and arguments never
 * become strings. Quotes within a text are escaped in JSON (RFC 8259, section 7), so that a key within a text is no key.
 */

/** What to read of an object, by key: a value of a type, an object, or the objects of an array. */
export interface Shape {
  readonly [key: string]: "text" | "number" | "boolean" | Shape | readonly [Shape];
}

/** The fields that were found; of equal keys the last. It has no prototype, so that a key such as `__proto__` is one like others. */
export type Found = { readonly [key: string]: string | number | boolean | Found | readonly Found[] };

/** Longer texts are no names, times or IDs. */
const maxTextBytes = 128;
/** After so many bytes without a quote or an escape, a text is likely to go on so. */
const plainBytes = 24;
/** Deeper nesting is not followed. */
const maxDepth = 64;

const quote = 0x22;
const backslash = 0x5c;
const [openObject, closeObject, openArray, closeArray] = [0x7b, 0x7d, 0x5b, 0x5d];
const [comma, colon] = [0x2c, 0x3a];

class SyntaxFault extends Error {}

/** The keys of a shape as bytes, by their first byte. */
interface Keys {
  readonly byFirst: ReadonlyMap<number, readonly (readonly [bytes: Buffer, name: string])[]>;
  readonly shape: Shape;
}

const prepared = new WeakMap<Shape, Keys>();

function keysOf(shape: Shape): Keys {
  const known = prepared.get(shape);
  if (known !== undefined) return known;
  const byFirst = new Map<number, (readonly [Buffer, string])[]>();
  for (const name of Object.keys(shape)) {
    const bytes = Buffer.from(name);
    const first = bytes[0] ?? 0;
    byFirst.set(first, [...(byFirst.get(first) ?? []), [bytes, name]]);
  }
  const keys = { byFirst, shape };
  prepared.set(shape, keys);
  return keys;
}

/** Reads the object in `bytes` from `start` to `end` (exclusive); `undefined` if it is not one complete object of JSON. */
export function scanLine(bytes: Buffer, start: number, end: number, shape: Shape): Found | undefined {
  const scanner = new Scanner(bytes, start, end);
  try {
    return scanner.line(shape);
  } catch (error) {
    if (error instanceof SyntaxFault) return undefined;
    throw error;
  }
}

class Scanner {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  line(shape: Shape): Found {
    this.#space();
    if (this.#peek() !== openObject) throw new SyntaxFault();
    const found = this.#object(shape, 0);
    this.#space();
    if (this.#at !== this.#end) throw new SyntaxFault();
    return found;
  }

  #peek(): number {
    return this.#at < this.#end ? (this.#bytes[this.#at] ?? 0) : -1;
  }

  #space(): void {
    while (this.#at < this.#end) {
      const byte = this.#bytes[this.#at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.#at += 1;
    }
  }

  #expect(byte: number): void {
    this.#space();
    if (this.#peek() !== byte) throw new SyntaxFault();
    this.#at += 1;
  }

  /** Moves to the next member of an object or array; whether there is one. */
  #more(close: number): boolean {
    this.#space();
    const byte = this.#peek();
    this.#at += 1;
    if (byte === comma) {
      this.#space();
      return true;
    }
    if (byte !== close) throw new SyntaxFault();
    return false;
  }

  #isEmpty(close: number): boolean {
    this.#at += 1;
    this.#space();
    if (this.#peek() !== close) return false;
    this.#at += 1;
    return true;
  }

  #object(shape: Shape, depth: number): Found {
    const found: Record<string, Found[string]> = Object.create(null);
    if (depth > maxDepth) throw new SyntaxFault();
    if (this.#isEmpty(closeObject)) return found;
    const { byFirst } = keysOf(shape);
    do {
      if (this.#peek() !== quote) throw new SyntaxFault();
      const start = this.#at + 1;
      this.#skipString();
      const name = this.#nameIn(byFirst, start, this.#at - 1);
      this.#expect(colon);
      this.#space();
      const wanted = name === undefined ? undefined : shape[name];
      if (name === undefined || wanted === undefined) {
        this.#skipValue();
        continue;
      }
      const value = this.#value(wanted, depth);
      if (value === undefined) delete found[name];
      else found[name] = value;
    } while (this.#more(closeObject));
    return found;
  }

  #nameIn(byFirst: Keys["byFirst"], start: number, end: number): string | undefined {
    for (const [bytes, name] of byFirst.get(this.#bytes[start] ?? -1) ?? []) {
      if (bytes.length !== end - start) continue;
      let n = 1;
      while (n < bytes.length && bytes[n] === this.#bytes[start + n]) n += 1;
      if (n === bytes.length) return name;
    }
    return undefined;
  }

  /** Returns the value if it has the wanted type. */
  #value(wanted: Shape[string], depth: number): Found[string] | undefined {
    const byte = this.#peek();
    if (wanted === "text") return byte === quote ? this.#text() : this.#skipped();
    if (wanted === "number" || wanted === "boolean") {
      if (byte === quote || byte === openObject || byte === openArray) return this.#skipped();
      const start = this.#at;
      this.#skipValue();
      const word = this.#bytes.toString("latin1", start, Math.min(this.#at, start + 32));
      if (wanted === "boolean") return word === "true" ? true : word === "false" ? false : undefined;
      const number = Number(word);
      return this.#at - start <= 32 && Number.isFinite(number) && word !== "null" ? number : undefined;
    }
    if (isList(wanted)) return byte === openArray ? this.#list(wanted[0], depth + 1) : this.#skipped();
    return byte === openObject ? this.#object(wanted, depth + 1) : this.#skipped();
  }

  #list(shape: Shape, depth: number): readonly Found[] {
    const found: Found[] = [];
    if (this.#isEmpty(closeArray)) return found;
    do {
      if (this.#peek() === openObject) found.push(this.#object(shape, depth));
      else this.#skipValue();
    } while (this.#more(closeArray));
    return found;
  }

  #skipped(): undefined {
    this.#skipValue();
  }

  /** Returns a short text; escapes are decoded. */
  #text(): string | undefined {
    const start = this.#at;
    const isEscaped = this.#skipString();
    if (this.#at - start - 2 > maxTextBytes) return undefined;
    if (!isEscaped) return this.#bytes.toString("utf8", start + 1, this.#at - 1);
    try {
      return JSON.parse(this.#bytes.toString("utf8", start, this.#at));
    } catch {
      throw new SyntaxFault();
    }
  }

  /** Moves behind a string; whether a short one has an escape. */
  #skipString(): boolean {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.#at + 1;
    let isEscaped = false;
    let plain = 0;
    while (at < end) {
      const byte = bytes[at];
      if (byte === quote) {
        this.#at = at + 1;
        return isEscaped;
      }
      if (byte === backslash) {
        isEscaped = true;
        plain = 0;
        at += 2;
        continue;
      }
      at += 1;
      plain += 1;
      if (plain < plainBytes) continue;
      // A long text without quotes: the search of the library is faster. Whether it has escapes is not known.
      isEscaped = true;
      plain = 0;
      const next = bytes.indexOf(quote, at);
      if (next === -1 || next >= end) break;
      let before = next;
      while (before > at && bytes[before - 1] === backslash) before -= 1;
      at = (next - before) % 2 === 0 ? next : next + 1;
    }
    throw new SyntaxFault();
  }

  /** Moves behind a value of any type. */
  #skipValue(): void {
    const bytes = this.#bytes;
    let depth = 0;
    do {
      const byte = this.#peek();
      if (byte === quote) this.#skipString();
      else if (byte === openObject || byte === openArray) {
        depth += 1;
        this.#at += 1;
      } else if (byte === closeObject || byte === closeArray) {
        depth -= 1;
        if (depth < 0) throw new SyntaxFault();
        this.#at += 1;
      } else if (byte === comma || byte === colon || byte === 0x20) {
        if (depth === 0) throw new SyntaxFault();
        this.#at += 1;
      } else {
        const start = this.#at;
        while (this.#at < this.#end && isWord(bytes[this.#at] ?? 0)) this.#at += 1;
        if (this.#at === start) {
          if (depth === 0 || byte === -1) throw new SyntaxFault();
          this.#at += 1;
        }
      }
    } while (depth > 0);
  }
}

const isList = (wanted: Shape | readonly [Shape]): wanted is readonly [Shape] => Array.isArray(wanted);

/** Letters, digits, sign and point: numbers, `true`, `false` and `null`. */
const isWord = (byte: number): boolean =>
  (byte >= 0x61 && byte <= 0x7a) ||
  (byte >= 0x30 && byte <= 0x39) ||
  (byte >= 0x41 && byte <= 0x5a) ||
  byte === 0x2d ||
  byte === 0x2b ||
  byte === 0x2e;
