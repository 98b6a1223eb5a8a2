/** Scans a raw event for sensitive content at any depth: field names, strings and numbers. */

import { envelopeNames } from "./parse-event.ts";
import type { Rule } from "./scanner/rules.ts";
import { scan } from "./scanner/scan.ts";

/** An event with more values or characters counts as sensitive without being scanned further. */
const maxValues = 10_000;
const maxChars = 1_048_576;

/** IDs and times must match strict patterns; names of workspaces and tasks are hashed. */
const exempt: ReadonlySet<string> = new Set([...envelopeNames, "workspace", "task"]);

/** Returns the rules that matched. Iterative, so that deep nesting cannot overflow the stack. */
export function findSensitive(input: unknown): ReadonlySet<Rule> {
  const found = new Set<Rule>();
  const pending: unknown[] = [input];
  let values = 0;
  let characters = 0;
  const search = (text: string) => {
    characters += text.length;
    if (characters <= maxChars) for (const rule of scan(text).rules) found.add(rule);
  };
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value === "string") search(value);
    else if (typeof value === "number" || typeof value === "bigint") search(String(value));
    else if (typeof value === "object" && value !== null) {
      // `for in` does not create a list of all names, so that a huge object is abandoned early.
      for (const name in value) {
        if (!Object.hasOwn(value, name) || (value === input && exempt.has(name))) continue;
        values += 1;
        if (values > maxValues || characters > maxChars) break;
        if (!Array.isArray(value)) search(name);
        pending.push(Reflect.get(value, name));
      }
    }
    if (values > maxValues || characters > maxChars) return found.add("too_long");
  }
  return found;
}
