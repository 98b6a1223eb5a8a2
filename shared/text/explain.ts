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
  switch (kind.type) {
    case "enum":
      return `one of ${wordsText(kind.values)}`;
    case "enum_list":
      return `up to ${kind.maxItems} of ${wordsText(kind.values)}`;
    case "command_path":
      return "a public program and subcommand from the vocabulary, or other";
    case "identifier":
      return kind.pattern === "version" ? "a version such as 1.101.2" : "a number such as exp-12";
    case "hash":
      return "a salted hash; the salt never leaves this machine";
    case "integer":
      return `a whole number from ${kind.min.toLocaleString("en-US")} to ${kind.max.toLocaleString("en-US")}`;
    case "decimal":
      return `a number from ${kind.min} to ${kind.max} with ${kind.decimals} decimals`;
    case "boolean":
      return "true or false";
  }
}

function wordsText(values: readonly string[]): string {
  if (values.length <= maxValues) return values.join(", ");
  return `${values.slice(0, maxValues).join(", ")} and ${values.length - maxValues} more public words`;
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
        const { description, purpose, type, shared } = fieldTable[name];
        return { name, description, purpose, holds: fieldTypeText(type), shared: sharingText[shared] };
      }),
  }));
}

/** The events that carry a field. */
export function eventTypesWith(field: FieldName): readonly EventTypeName[] {
  return eventTypeNames.filter((type) => fieldsOf(type).includes(field));
}

/** A value that a field may hold, as an example. */
export function exampleOf(name: FieldName): FieldValue {
  const { type } = fieldTable[name];
  switch (type.type) {
    case "enum":
      return type.values.find((word) => word !== "other") ?? "other";
    case "enum_list":
      return type.values.slice(0, 2);
    case "command_path":
      return "git commit";
    case "identifier":
      return type.pattern === "version" ? "1.101.2" : "exp-12";
    case "hash":
      return "9f2c41d07ab35e8840c6d1f3b7e2a95c";
    case "integer":
      return Math.min(type.max, Math.max(type.min, 412));
    case "decimal":
      return type.min + (type.max - type.min) / 4;
    case "boolean":
      return true;
  }
}

/** An event with every field that it may carry. */
export function exampleEvent(type: EventTypeName): Readonly<Record<string, FieldValue>> {
  return Object.fromEntries(fieldsOf(type).map((name) => [name, exampleOf(name)]));
}
