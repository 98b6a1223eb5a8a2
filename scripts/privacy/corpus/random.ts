/** Seeded random values, so that a finding can be reproduced (xorshift32, Marsaglia 2003). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 1;
  }

  /** Returns an integer from 0 to `below` - 1. */
  integer(below: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % below;
  }

  of<T>(list: readonly T[]): T {
    const found = list[this.integer(list.length)];
    if (found === undefined) throw new Error("The list is empty.");
    return found;
  }

  letters(alphabet: string, length: number): string {
    return Array.from({ length }, () => alphabet[this.integer(alphabet.length)]).join("");
  }

  /**
   * Fills a template: `{a36}` is 36 letters and digits; `l` lower case and digits, `u` upper case and digits, `h` hex,
   * `H` upper-case hex, `d` digits, `b` base64, `w` base64url, `A` upper-case letters, `c` lower-case letters.
   */
  fill(template: string): string {
    return template.replace(/\{([a-zA-Z])(\d+)\}/g, (_, kind: string, length: string) =>
      this.letters(alphabets[kind] ?? "x", Number(length)),
    );
  }
}

const lower = "abcdefghijklmnopqrstuvwxyz";
const upper = lower.toUpperCase();
const digits = "0123456789";

const alphabets: Readonly<Record<string, string>> = {
  a: lower + upper + digits,
  l: lower + digits,
  u: upper + digits,
  h: "0123456789abcdef",
  H: "0123456789ABCDEF",
  d: digits,
  b: `${lower}${upper}${digits}+/`,
  w: `${lower}${upper}${digits}-_`,
  A: upper,
  c: lower,
};
