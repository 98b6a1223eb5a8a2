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
  | { readonly is: "word"; readonly words: readonly string[] }
  /** Several words of a closed list, in order. */
  | { readonly is: "words"; readonly words: readonly string[]; readonly most: number }
  /** A public program with its subcommands, or `other`: `shared/vocabulary/commands.json`. */
  | { readonly is: "command_path" }
  | { readonly is: "identifier"; readonly pattern: IdentifierPattern }
  | { readonly is: "hash" }
  | { readonly is: "whole"; readonly min: number; readonly max: number }
  /** A number with a fraction, rounded to `decimals`. */
  | { readonly is: "decimal"; readonly min: number; readonly max: number; readonly decimals: number }
  | { readonly is: "flag" };

/** What a value of a kind looks like in memory. */
export type FieldValue = string | number | boolean | readonly string[];

export type ValueOfType<K extends FieldType> = K extends { is: "word"; words: readonly (infer W)[] }
  ? W
  : K extends { is: "words"; words: readonly (infer W)[] }
    ? readonly W[]
    : K extends { is: "whole" | "decimal" }
      ? number
      : K extends { is: "flag" }
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
  switch (kind.is) {
    case "word": {
      const words = new Set(kind.words);
      return (value) => (typeof value === "string" && words.has(value) ? value : undefined);
    }
    case "words": {
      const words = new Set(kind.words);
      const { most } = kind;
      return (value) =>
        Array.isArray(value) && value.length > 0 && value.length <= most && value.every((word) => words.has(word))
          ? [...value]
          : undefined;
    }
    case "command_path":
      return (value) => (typeof value === "string" && isCommandPath(value) ? value : undefined);
    case "identifier":
      return matching(identifierPatterns[kind.pattern], 40);
    case "hash":
      return matching(hashPattern, 32);
    case "whole":
      return (value) => (Number.isSafeInteger(value) && within(kind, Number(value)) ? Number(value) : undefined);
    case "decimal": {
      const factor = 10 ** kind.decimals;
      return (value) =>
        typeof value === "number" && within(kind, value) ? Math.round(value * factor) / factor : undefined;
    }
    case "flag":
      return (value) => (typeof value === "boolean" ? value : undefined);
  }
}

const within = ({ min, max }: { readonly min: number; readonly max: number }, value: number): boolean =>
  value >= min && value <= max;

const matching = (pattern: RegExp, longest: number) => (value: unknown) =>
  typeof value === "string" && value.length <= longest && pattern.test(value) ? value : undefined;
