/**
 * Checks what crosses a border between two processes: editor and worker, editor and page.
 *
 * A check takes an unknown value and returns it typed, or throws a {@link ValidationError} that names the place and what
 * was expected, never the value. Small on purpose: it is part of the editor's start-up bundle, where zod (in the
 * worker, for events) would be too heavy.
 */
export type Validator<T> = (value: unknown, at: string) => T;

export type Validated<C> = C extends Validator<infer T> ? T : never;

export class ValidationError extends Error {
  override readonly name = "CheckError";
  constructor(at: string, expected: string) {
    super(`${at}: expected ${expected}`);
  }
}

/** By its name: every bundle has a class of its own. */
export const isCheckError = (error: unknown): error is ValidationError =>
  error instanceof Error && error.name === "CheckError";

export const boolean: Validator<boolean> = (value, at) => {
  if (typeof value !== "boolean") throw new ValidationError(at, "true or false");
  return value;
};

/** A string of at most `maxLength` UTF-16 units. */
export const string =
  (maxLength: number): Validator<string> =>
  (value, at) => {
    if (typeof value !== "string" || value.length > maxLength) {
      throw new ValidationError(at, `text of at most ${maxLength} characters`);
    }
    return value;
  };

/** A whole number from `min` to `max`, both included. */
export const integer =
  (min = 0, max = Number.MAX_SAFE_INTEGER): Validator<number> =>
  (value, at) => {
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < min || value > max) {
      throw new ValidationError(at, `a whole number from ${min} to ${max}`);
    }
    return value;
  };

/** A number that is not negative. */
export const nonNegative: Validator<number> = (value, at) => {
  if (typeof value !== "number" || !(value >= 0) || value === Number.POSITIVE_INFINITY)
    throw new ValidationError(at, "a number from 0");
  return value;
};

/** A share from 0 to 1. */
export const ratio: Validator<number> = (value, at) => {
  if (typeof value !== "number" || !(value >= 0 && value <= 1)) throw new ValidationError(at, "a number from 0 to 1");
  return value;
};

export const enumOf =
  <const W extends string>(values: readonly W[]): Validator<W> =>
  (value, at) => {
    const found = values.find((candidate) => candidate === value);
    if (found === undefined) throw new ValidationError(at, `one of ${values.join(", ")}`);
    return found;
  };

export const nullable =
  <T>(check: Validator<T>): Validator<T | null> =>
  (value, at) =>
    value === null ? null : check(value, at);

export const arrayOf =
  <T>(check: Validator<T>, maxLength: number): Validator<readonly T[]> =>
  (value, at) => {
    if (!Array.isArray(value) || value.length > maxLength) {
      throw new ValidationError(at, `a list of at most ${maxLength} entries`);
    }
    return value.map((entry, index) => check(entry, `${at}[${index}]`));
  };

/** An object with exactly these fields; a missing or an additional one is refused by name. */
export const object =
  <const F extends Record<string, Validator<unknown>>>(
    fields: F,
  ): Validator<{ readonly [K in keyof F]: Validated<F[K]> }> =>
  (value, at) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new ValidationError(at, "an object");
    const given = new Map(Object.entries(value));
    for (const name of given.keys()) {
      if (!Object.hasOwn(fields, name))
        throw new ValidationError(at, `no field beside ${Object.keys(fields).join(", ")}`);
    }
    const entries = Object.entries(fields).map(([name, check]) => [name, check(given.get(name), `${at}.${name}`)]);
    return Object.fromEntries(entries);
  };

/** One of several objects, told apart by the word in the field `tag`. */
export const taggedUnion =
  <const V extends Record<string, Validator<unknown>>>(tag: string, variants: V): Validator<Validated<V[keyof V]>> =>
  (value, at) => {
    const kind = typeof value === "object" && value !== null ? Reflect.get(value, tag) : undefined;
    const check = typeof kind === "string" && Object.hasOwn(variants, kind) ? variants[kind] : undefined;
    if (check === undefined) throw new ValidationError(`${at}.${tag}`, `one of ${Object.keys(variants).join(", ")}`);
    return check(value, at) as Validated<V[keyof V]>;
  };
