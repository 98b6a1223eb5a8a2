/**
 * The field types. Each one is a closed list or bounded; there is no type for text, so a field that
 * could hold text does not compile.
 */

import { isPublicModel } from "../vocabulary/models.ts";

/** Narrow patterns for identifiers that cannot be listed in advance. */
export const identifierPatterns = {
  /** The common subset of semver 2.0.0: `1.2`, `1.101.2`, `2.0.0-rc.1`. */
  version: /^\d{1,4}\.\d{1,4}(?:\.\d{1,4})?(?:-(?:alpha|beta|dev|insider|next|preview|rc)(?:\.\d{1,4})?)?$/,
  /** Assigned by the product team. */
  experiment: /^exp-\d{1,6}$/,
} as const;
export type IdentifierPattern = keyof typeof identifierPatterns;

/** First 128 bits of an HMAC-SHA-256 in hex; the salt never leaves the machine. */
export const hashPattern = /^[0-9a-f]{32}$/;

export type FieldType =
  | { readonly type: "enum"; readonly values: readonly string[] }
  /** An ordered list of values. */
  | { readonly type: "enum_list"; readonly values: readonly string[]; readonly maxItems: number }
  /** A value of `shared/vocabulary/commands.json`, or `other`. */
  | { readonly type: "command_path" }
  /** A value of `shared/vocabulary/models.ts`, or of one of its families. */
  | { readonly type: "model" }
  | { readonly type: "identifier"; readonly pattern: IdentifierPattern }
  | { readonly type: "hash" }
  | { readonly type: "integer"; readonly min: number; readonly max: number }
  /** Rounded to `decimals` places. */
  | { readonly type: "decimal"; readonly min: number; readonly max: number; readonly decimals: number }
  | { readonly type: "boolean" };

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
 * Returns a function that returns a valid value (decimals rounded) and `undefined` for any other.
 * It never throws and never coerces. `isCommandPath` is a parameter because
 * the vocabulary of commands is too large for an `enum`.
 */
export function validatorOf(
  fieldType: FieldType,
  isCommandPath: (path: string) => boolean,
): (value: unknown) => FieldValue | undefined {
  switch (fieldType.type) {
    case "enum": {
      const values = new Set(fieldType.values);
      return (value) => (typeof value === "string" && values.has(value) ? value : undefined);
    }
    case "enum_list": {
      const values = new Set(fieldType.values);
      const { maxItems } = fieldType;
      return (value) =>
        Array.isArray(value) &&
        value.length > 0 &&
        value.length <= maxItems &&
        value.every((entry) => values.has(entry))
          ? [...value]
          : undefined;
    }
    case "command_path":
      return (value) => (typeof value === "string" && isCommandPath(value) ? value : undefined);
    case "model":
      return (value) => (typeof value === "string" && isPublicModel(value) ? value : undefined);
    case "identifier":
      return matching(identifierPatterns[fieldType.pattern], 40);
    case "hash":
      return matching(hashPattern, 32);
    case "integer":
      return (value) => (Number.isSafeInteger(value) && within(fieldType, Number(value)) ? Number(value) : undefined);
    case "decimal": {
      const factor = 10 ** fieldType.decimals;
      return (value) =>
        typeof value === "number" && within(fieldType, value) ? Math.round(value * factor) / factor : undefined;
    }
    case "boolean":
      return (value) => (typeof value === "boolean" ? value : undefined);
  }
}

const within = ({ min, max }: { readonly min: number; readonly max: number }, value: number): boolean =>
  value >= min && value <= max;

const matching = (pattern: RegExp, maxChars: number) => (value: unknown) =>
  typeof value === "string" && value.length <= maxChars && pattern.test(value) ? value : undefined;
