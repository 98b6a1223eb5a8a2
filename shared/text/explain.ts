/** What is recorded and why, in plain sentences: for `nexus telemetry explain`, the page and the documentation. */

import { notice } from "../consent/notice.ts";
import { type Category, categories } from "../schema/categories.ts";
import { type EventTypeName, eventTable, eventTypeNames, fieldsOf } from "../schema/events.ts";
import type { FieldType, FieldValue } from "../schema/field-types.ts";
import { type Field, type FieldName, fieldNames, fieldTable } from "../schema/fields.ts";

/** Lists longer than this are named by a few of their words. */
const maxValues = 12;

/** What a kind may hold, in words. */
export function fieldTypeText(kind: FieldType): string {
  switch (kind.is) {
    case "word":
      return `one of ${wordsText(kind.words)}`;
    case "words":
      return `up to ${kind.most} of ${wordsText(kind.words)}`;
    case "command_path":
      return "a public program and subcommand from the vocabulary, or other";
    case "identifier":
      return kind.pattern === "version" ? "a version such as 1.101.2" : "a number such as exp-12";
    case "hash":
      return "a salted hash; the salt never leaves this machine";
    case "whole":
      return `a whole number from ${kind.min.toLocaleString("en-US")} to ${kind.max.toLocaleString("en-US")}`;
    case "decimal":
      return `a number from ${kind.min} to ${kind.max} with ${kind.decimals} decimals`;
    case "flag":
      return "true or false";
  }
}

function wordsText(words: readonly string[]): string {
  if (words.length <= maxValues) return words.join(", ");
  return `${words.slice(0, maxValues).join(", ")} and ${words.length - maxValues} more public words`;
}

export const sharingText: Readonly<Record<Field["shared"], string>> = {
  never: "Never leaves this machine.",
  schema_2: "Shared if you share its category.",
  schema_1_and_2: "Shared if you share its category.",
};

export interface Explanation {
  readonly category: Category;
  readonly title: string;
  readonly text: string;
  readonly events: readonly { readonly type: EventTypeName; readonly description: string }[];
  readonly fields: readonly {
    readonly name: FieldName;
    readonly description: string;
    readonly purpose: string;
    readonly holds: string;
    readonly shared: string;
  }[];
}

/** Category by category: what it lets be recorded. */
export function explanations(): readonly Explanation[] {
  return categories.map((category) => ({
    category,
    title: notice.categories[category].title,
    text: notice.categories[category].text,
    events: eventTypeNames
      .filter((type) => eventTable[type].category === category)
      .map((type) => ({ type, description: eventTable[type].description })),
    fields: fieldNames
      .filter((name) => fieldTable[name].category === category)
      .map((name) => {
        const { description, purpose, kind, shared } = fieldTable[name];
        return { name, description, purpose, holds: fieldTypeText(kind), shared: sharingText[shared] };
      }),
  }));
}

/** The events that carry a field. */
export function eventTypesWith(field: FieldName): readonly EventTypeName[] {
  return eventTypeNames.filter((type) => fieldsOf(type).includes(field));
}

/** A value that a field may hold, as an example. */
export function exampleOf(name: FieldName): FieldValue {
  const { kind } = fieldTable[name];
  switch (kind.is) {
    case "word":
      return kind.words.find((word) => word !== "other") ?? "other";
    case "words":
      return kind.words.slice(0, 2);
    case "command_path":
      return "git commit";
    case "identifier":
      return kind.pattern === "version" ? "1.101.2" : "exp-12";
    case "hash":
      return "9f2c41d07ab35e8840c6d1f3b7e2a95c";
    case "whole":
      return Math.min(kind.max, Math.max(kind.min, 412));
    case "decimal":
      return kind.min + (kind.max - kind.min) / 4;
    case "flag":
      return true;
  }
}

/** An event with every field that it may carry. */
export function exampleEvent(type: EventTypeName): Readonly<Record<string, FieldValue>> {
  return Object.fromEntries(fieldsOf(type).map((name) => [name, exampleOf(name)]));
}
