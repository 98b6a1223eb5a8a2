/** What is wrong with a value, in our words: a validation library's own text is written for programmers. */

/** A validation error as zod reports it; only these parts are used. */
export interface Issue {
  readonly code?: string | undefined;
  readonly expected?: unknown;
  readonly minimum?: unknown;
  readonly maximum?: unknown;
  readonly inclusive?: unknown;
  readonly values?: readonly unknown[];
  /** Only of a check that we wrote: a refinement or a pattern with a text. */
  readonly message: string;
}

const kinds: Readonly<Record<string, string>> = {
  string: "a text in quotes",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list in brackets",
  object: "a table",
};

/** Returns a part of a sentence such as "must be a whole number". */
export function issueText({ code, expected, minimum, maximum, inclusive, values, message }: Issue): string {
  switch (code) {
    case "invalid_type":
      return `must be ${kinds[String(expected)] ?? "of another type"}`;
    case "too_small":
      return inclusive === false ? `must be more than ${minimum}` : `must be at least ${minimum}`;
    case "too_big":
      return inclusive === false ? `must be less than ${maximum}` : `must be at most ${maximum}`;
    case "invalid_value":
      return `must be ${(values ?? []).map(String).join(" or ")}`;
    case "invalid_format":
    case "custom":
      return message.startsWith("must ") ? message : "has the wrong form";
    default:
      return "is not a valid value";
  }
}
