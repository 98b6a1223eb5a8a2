/**
 * Reads wanted fields of a line of JSON from its bytes. Everything else is skipped undecoded: prompts, answers and arguments never
 * become strings. Quotes within a text are escaped in JSON (RFC 8259, section 7), so that a key within a text is no key.
 */

/**
 * What to read of an object, by key: a value of a type, an object, the objects of an array, or an object of JSON that is written as
 * a text. `path`: an array of names and numbers, as its JSON. The key `*` is for all that have no other.
 */
export interface Shape {
  readonly [key: string]: "text" | "number" | "boolean" | "path" | Shape | readonly [Shape] | readonly ["text", Shape];
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

/** As `scanLine`, for the objects of an array. */
export function scanList(bytes: Buffer, start: number, end: number, shape: Shape): readonly Found[] | undefined {
  const scanner = new Scanner(bytes, start, end);
  try {
    return scanner.wholeList(shape);
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
    this.#isDone();
    return found;
  }

  wholeList(shape: Shape): readonly Found[] {
    this.#space();
    if (this.#peek() !== openArray) throw new SyntaxFault();
    const found = this.#list(shape, 0);
    this.#isDone();
    return found;
  }

  #isDone(): void {
    this.#space();
    if (this.#at !== this.#end) throw new SyntaxFault();
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
    const any = shape["*"];
    do {
      if (this.#peek() !== quote) throw new SyntaxFault();
      const start = this.#at + 1;
      this.#skipString();
      const name = this.#nameIn(byFirst, start, this.#at - 1) ?? (any === undefined ? undefined : this.#key(start));
      this.#expect(colon);
      this.#space();
      const wanted = name === undefined ? undefined : Object.hasOwn(shape, name) ? shape[name] : any;
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

  /** A short key that just ended. */
  #key(start: number): string | undefined {
    const end = this.#at - 1;
    if (end - start > maxTextBytes) return undefined;
    return decoded(this.#bytes.toString("utf8", start - 1, end + 1));
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
    if (wanted === "path") {
      if (byte !== openArray) return this.#skipped();
      const start = this.#at;
      this.#skipValue();
      return this.#at - start > maxTextBytes ? undefined : this.#bytes.toString("utf8", start, this.#at);
    }
    if (isWritten(wanted)) return byte === quote ? this.#inText(wanted[1]) : this.#skipped();
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
    return decoded(this.#bytes.toString("utf8", start, this.#at));
  }

  /** Reads an object of JSON that is written as a text. Its bytes are decoded into a buffer that is cleared. */
  #inText(shape: Shape): Found | undefined {
    const start = this.#at + 1;
    this.#skipString();
    if (this.#bytes[start] !== openObject) return undefined;
    const inner = Buffer.allocUnsafeSlow(this.#at - 1 - start);
    try {
      const end = unescapeInto(inner, this.#bytes, start, this.#at - 1);
      return scanLine(inner, 0, end, shape);
    } finally {
      inner.fill(0);
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

type Nested = Shape | readonly [Shape] | readonly ["text", Shape];
const isList = (wanted: Nested): wanted is readonly [Shape] => Array.isArray(wanted);
const isWritten = (wanted: Nested): wanted is readonly ["text", Shape] => Array.isArray(wanted) && wanted[0] === "text";

/** A short string of JSON with its quotes. */
function decoded(text: string): string {
  try {
    return JSON.parse(text);
  } catch {
    throw new SyntaxFault();
  }
}

/** The bytes of letters after a backslash. */
const escapes: ReadonlyMap<number, number> = new Map(
  Object.entries({ b: 0x08, f: 0x0c, n: 0x0a, r: 0x0d, t: 0x09 }).map(([letter, byte]) => [letter.charCodeAt(0), byte]),
);
const letterU = 0x75;

/** Decodes the inside of a string of JSON (RFC 8259, section 7) and returns its length, which never grows. */
function unescapeInto(into: Buffer, bytes: Buffer, start: number, end: number): number {
  let length = 0;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte !== backslash) into[length++] = byte;
    else {
      at += 1;
      const letter = bytes[at] ?? 0;
      if (letter !== letterU) into[length++] = escapes.get(letter) ?? letter;
      else {
        const unit = Number.parseInt(bytes.toString("latin1", at + 1, at + 5), 16);
        // No name that is read has other characters.
        into[length++] = unit < 0x80 ? unit : 0x3f;
        at += 4;
      }
    }
  }
  return length;
}

/** Letters, digits, sign and point: numbers, `true`, `false` and `null`. */
const isWord = (byte: number): boolean =>
  (byte >= 0x61 && byte <= 0x7a) ||
  (byte >= 0x30 && byte <= 0x39) ||
  (byte >= 0x41 && byte <= 0x5a) ||
  byte === 0x2d ||
  byte === 0x2b ||
  byte === 0x2e;
