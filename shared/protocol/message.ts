/**
 * Messages for the user: an ID and values, never a finished sentence, so that each side can show them in its language. The ID is
 * the English text with `{names}`, as in `vscode.l10n`; a bundle maps it to a translation.
 */

type Names<T extends string> = T extends `${string}{${infer N}}${infer Rest}` ? N | Names<Rest> : never;

/** Translations by English text. */
export type Bundle = Readonly<Record<string, string>>;

export interface Message {
  readonly id: string;
  readonly values: Readonly<Record<string, string>>;
}

/** Creates a message; the values are exactly the names in the text. */
export function message<const T extends string>(
  id: T,
  ...rest: [Names<T>] extends [never] ? [] : [Readonly<Record<Names<T>, string | number>>]
): Message {
  const [values = {}] = rest;
  const entries = Object.entries<string | number>(values).map(([name, value]) => [name, String(value)]);
  return { id, values: Object.fromEntries(entries) };
}

/** A text without a translation: the message of an error, or what an earlier version stored. */
export const verbatim = (text: string): Message => message("{text}", { text });

/** Returns the text of a message in the bundle's language; English without one. */
export function textOf({ id, values }: Message, bundle: Bundle = {}): string {
  return (bundle[id] ?? id).replace(/\{(\w+)\}/g, (name, key: string) => values[key] ?? name);
}

/** Joins several messages as sentences. */
export const textsOf = (messages: readonly Message[], bundle: Bundle = {}): string =>
  messages.map((one) => textOf(one, bundle)).join(" ");
