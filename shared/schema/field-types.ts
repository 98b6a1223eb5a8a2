/**
 * What a field may hold. Each kind is closed or bounded, and there is none for text: a field that could hold some does
 * not compile.
 */

/** Narrow patterns of identifiers that no list can name beforehand. */
export const identifierPatterns = {
  /** Two or three numbers and a pre-release word: `1.2`, `1.101.2`, `2.0.0-rc.1` (the common part of semver 2.0.0). */
  version: /^\d{1,4}\.\d{1,4}(?:\.\d{1,4})?(?:-(?:alpha|beta|dev|insider|next|preview|rc)(?:\.\d{1,4})?)?$/,
  /** A number that the product team gave an experiment. */
  experiment: /^exp-\d{1,6}$/,
} as const;
export type IdentifierPattern = keyof typeof identifierPatterns;

/** 128 bits of an HMAC-SHA-256 with a salt that never leaves the machine, in hex. */
export const hashPattern = /^[0-9a-f]{32}$/;

export type FieldType =
  /** A word of a closed list. */
  | { readonly type: "enum"; readonly values: readonly string[] }
  /** Several words of a closed list, in order. */
  | { readonly type: "enum_list"; readonly values: readonly string[]; readonly maxItems: number }
  /** A public program with its subcommands, or `other`: `shared/vocabulary/commands.json`. */
  | { readonly type: "command_path" }
  | { readonly type: "identifier"; readonly pattern: IdentifierPattern }
  | { readonly type: "hash" }
  | { readonly type: "integer"; readonly min: number; readonly max: number }
  /** A number with a fraction, rounded to `decimals`. */
  | { readonly type: "decimal"; readonly min: number; readonly max: number; readonly decimals: number }
  | { readonly type: "boolean" };

/** What a value of a kind looks like in memory. */
export type FieldValue = string | number | boolean | readonly string[];

export type ValueOfType<K extends FieldType> = K extends { type: "enum"; values: readonly (infer W)[] }
  ? W
  : K extends { type: "enum_list"; values: readonly (infer W)[] }
    ? readonly W[]
    : K extends { type: "integer" | "decimal" }
      ? number
      : K extends { type: "boolean" }
        ? boolean
        : string;

/**
 * Makes the check of a kind: the value as it may be kept, or `undefined` for anything else. It never throws and never
 * coerces; a decimal is rounded. `isCommandPath` stands for the one list that is too long to be a word list.
 */
export function validatorOf(
  kind: FieldType,
  isCommandPath: (path: string) => boolean,
): (value: unknown) => FieldValue | undefined {
  switch (kind.type) {
    case "enum": {
      const values = new Set(kind.values);
      return (value) => (typeof value === "string" && values.has(value) ? value : undefined);
    }
    case "enum_list": {
      const values = new Set(kind.values);
      const { maxItems } = kind;
      return (value) =>
        Array.isArray(value) && value.length > 0 && value.length <= maxItems && value.every((word) => values.has(word))
          ? [...value]
          : undefined;
    }
    case "command_path":
      return (value) => (typeof value === "string" && isCommandPath(value) ? value : undefined);
    case "identifier":
      return matching(identifierPatterns[kind.pattern], 40);
    case "hash":
      return matching(hashPattern, 32);
    case "integer":
      return (value) => (Number.isSafeInteger(value) && within(kind, Number(value)) ? Number(value) : undefined);
    case "decimal": {
      const factor = 10 ** kind.decimals;
      return (value) =>
        typeof value === "number" && within(kind, value) ? Math.round(value * factor) / factor : undefined;
    }
    case "boolean":
      return (value) => (typeof value === "boolean" ? value : undefined);
  }
}

const within = ({ min, max }: { readonly min: number; readonly max: number }, value: number): boolean =>
  value >= min && value <= max;

const matching = (pattern: RegExp, maxChars: number) => (value: unknown) =>
  typeof value === "string" && value.length <= maxChars && pattern.test(value) ? value : undefined;
