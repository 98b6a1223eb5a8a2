/** Looks for anything sensitive in a raw event, at any depth: names of fields and strings alike. */
import type { Rule } from "./scanner/rules.ts";
import { scan } from "./scanner/scan.ts";
import { envelopeNames } from "./shape.ts";

/** Beyond so many values or characters nothing is looked at, and the rest counts as sensitive. */
const mostValues = 10_000;
const mostCharacters = 1_048_576;

/** The rules that found something. It walks with a list of its own, so that no nesting is too deep. */
export function findSensitive(input: unknown): ReadonlySet<Rule> {
  const found = new Set<Rule>();
  const waiting: unknown[] = [input];
  let values = 0;
  let characters = 0;
  const look = (text: string) => {
    characters += text.length;
    if (characters <= mostCharacters) for (const rule of scan(text).rules) found.add(rule);
  };
  while (waiting.length > 0) {
    const value = waiting.pop();
    values += 1;
    if (values > mostValues || characters > mostCharacters) return found.add("too_long");
    if (typeof value === "string") look(value);
    else if (typeof value === "object" && value !== null) {
      for (const name of Object.keys(value)) {
        // Ids and times of the envelope are patterns of their own.
        if (value === input && envelopeNames.some((known) => known === name)) continue;
        look(name);
        waiting.push(Reflect.get(value, name));
      }
    }
  }
  return found;
}
