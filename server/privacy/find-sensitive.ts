/** Looks for anything sensitive in a raw event, at any depth: names of fields, strings and numbers alike. */

import { envelopeNames } from "./parse-event.ts";
import type { Rule } from "./scanner/rules.ts";
import { scan } from "./scanner/scan.ts";

/** Beyond so many values or characters nothing is looked at, and the whole counts as sensitive. */
const maxValues = 10_000;
const maxChars = 1_048_576;

/** Ids and times are patterns of their own; names of workspaces and tasks become hashes, whatever they are. */
const exempt: ReadonlySet<string> = new Set([...envelopeNames, "workspace", "task"]);

/** The rules that found something. It walks with a list of its own, so that no nesting is too deep. */
export function findSensitive(input: unknown): ReadonlySet<Rule> {
  const found = new Set<Rule>();
  const waiting: unknown[] = [input];
  let values = 0;
  let characters = 0;
  const search = (text: string) => {
    characters += text.length;
    if (characters <= maxChars) for (const rule of scan(text).rules) found.add(rule);
  };
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value === "string") search(value);
    else if (typeof value === "number" || typeof value === "bigint") search(String(value));
    else if (typeof value === "object" && value !== null) {
      // `for in` meets one name after the other, so that a huge object is given up early.
      for (const name in value) {
        if (!Object.hasOwn(value, name) || (value === input && exempt.has(name))) continue;
        values += 1;
        if (values > maxValues || characters > maxChars) break;
        if (!Array.isArray(value)) search(name);
        waiting.push(Reflect.get(value, name));
      }
    }
    if (values > maxValues || characters > maxChars) return found.add("too_long");
  }
  return found;
}
