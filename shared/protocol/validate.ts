/**
 * Validates messages between processes: editor and worker, editor and dashboard.
 *
 * A validator returns the value with its type, or throws a {@link ValidationError} that names the
 * path and the expected shape, never the value. Small, because it is in the start-up bundle.
 */
export type Validator<T> = (value: unknown, at: string) => T;

export type Validated<C> = C extends Validator<infer T> ? T : never;

export class ValidationError extends Error {
  override readonly name = "CheckError";
  constructor(at: string, expected: string) {
    super(`${at}: expected ${expected}`);
  }
}

/** Compares the name, because every bundle has its own copy of the class. */
export const isValidationError = (error: unknown): error is ValidationError =>
  error instanceof Error && error.name === "CheckError";

export const boolean: Validator<boolean> = (value, at) => {
  if (typeof value !== "boolean") throw new ValidationError(at, "true or false");
  return value;
};

/** A string of up to `maxLength` UTF-16 code units. */
export const string =
  (maxLength: number): Validator<string> =>
  (value, at) => {
    if (typeof value !== "string" || value.length > maxLength) {
      throw new ValidationError(at, `a string of up to ${maxLength} characters`);
    }
    return value;
  };

/** An integer from `min` to `max`, both included. */
export const integer =
  (min = 0, max = Number.MAX_SAFE_INTEGER): Validator<number> =>
  (value, at) => {
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < min || value > max) {
      throw new ValidationError(at, `an integer from ${min} to ${max}`);
    }
    return value;
  };

export const nonNegative: Validator<number> = (value, at) => {
  if (typeof value !== "number" || !(value >= 0) || value === Number.POSITIVE_INFINITY)
    throw new ValidationError(at, "a number of at least 0");
  return value;
};

export const ratio: Validator<number> = (value, at) => {
  if (typeof value !== "number" || !(value >= 0 && value <= 1)) throw new ValidationError(at, "a number from 0 to 1");
  return value;
};

export const enumOf =
  <const W extends string | number>(values: readonly W[]): Validator<W> =>
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
      throw new ValidationError(at, `an array of up to ${maxLength} entries`);
    }
    return value.map((entry, index) => check(entry, `${at}[${index}]`));
  };

/** An object with exactly these fields. */
export const object =
  <const F extends Record<string, Validator<unknown>>>(
    fields: F,
  ): Validator<{ readonly [K in keyof F]: Validated<F[K]> }> =>
  (value, at) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new ValidationError(at, "an object");
    const received = new Map(Object.entries(value));
    for (const name of received.keys()) {
      if (!Object.hasOwn(fields, name))
        throw new ValidationError(at, `no fields other than ${Object.keys(fields).join(", ")}`);
    }
    const entries = Object.entries(fields).map(([name, check]) => [name, check(received.get(name), `${at}.${name}`)]);
    return Object.fromEntries(entries);
  };

/** An object with any names, up to `maxEntries`. */
export const recordOf =
  <T>(check: Validator<T>, maxEntries: number): Validator<Readonly<Record<string, T>>> =>
  (value, at) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new ValidationError(at, "an object");
    const entries = Object.entries(value);
    if (entries.length > maxEntries) throw new ValidationError(at, `an object of up to ${maxEntries} entries`);
    return Object.fromEntries(entries.map(([name, entry]) => [name, check(entry, `${at}.${name}`)]));
  };

/** One of several objects, distinguished by the value of the field `tag`. */
export const taggedUnion =
  <const V extends Record<string, Validator<unknown>>>(tag: string, variants: V): Validator<Validated<V[keyof V]>> =>
  (value, at) => {
    const kind = typeof value === "object" && value !== null ? Reflect.get(value, tag) : undefined;
    const check = typeof kind === "string" && Object.hasOwn(variants, kind) ? variants[kind] : undefined;
    if (check === undefined) throw new ValidationError(`${at}.${tag}`, `one of ${Object.keys(variants).join(", ")}`);
    return check(value, at) as Validated<V[keyof V]>;
  };
