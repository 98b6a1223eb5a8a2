/** Explains what is recorded and why: for `nexus telemetry explain`, the dashboard and the documentation. */

import { categoryTexts } from "../consent/notice.ts";
import { type Category, categories } from "../schema/categories.ts";
import { type EventTypeName, eventTable, eventTypeNames, fieldsOf } from "../schema/events.ts";
import type { FieldType, FieldValue } from "../schema/field-types.ts";
import { type Field, type FieldName, fieldNames, fieldTable } from "../schema/fields.ts";
import { numberText } from "./format.ts";

/** Longer lists are abbreviated. */
const maxValues = 12;

/** Describes the values of a field type. */
export function fieldTypeText(fieldType: FieldType): string {
  switch (fieldType.type) {
    case "enum":
      return `one of ${listText(fieldType.values)}`;
    case "enum_list":
      return `up to ${fieldType.maxItems} of ${listText(fieldType.values)}`;
    case "command_path":
      return "a public program and subcommand from the vocabulary, or other";
    case "model":
      return "a public model such as claude-sonnet-4-5, or other";
    case "identifier":
      return fieldType.pattern === "version" ? "a version such as 1.101.2" : "an ID such as exp-12";
    case "hash":
      return "32 hexadecimal digits; the salt never leaves this machine";
    case "integer":
      return `an integer from ${numberText(fieldType.min)} to ${numberText(fieldType.max)}`;
    case "decimal":
      return `a number from ${fieldType.min} to ${fieldType.max} with ${fieldType.decimals} decimals`;
    case "boolean":
      return "true or false";
  }
}

function listText(values: readonly string[]): string {
  if (values.length <= maxValues) return values.join(", ");
  return `${values.slice(0, maxValues).join(", ")} and ${values.length - maxValues} more public values`;
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

/** Returns an explanation of each category. */
export function explanations(): readonly Explanation[] {
  return categories.map((category) => ({
    category,
    title: categoryTexts[category].title,
    text: categoryTexts[category].text,
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

/** Returns the event types that have a field. */
export function eventTypesWith(field: FieldName): readonly EventTypeName[] {
  return eventTypeNames.filter((type) => fieldsOf(type).includes(field));
}

/** Returns an example value of a field. */
export function exampleOf(name: FieldName): FieldValue {
  const { type } = fieldTable[name];
  switch (type.type) {
    case "enum":
      return type.values.find((value) => value !== "other") ?? "other";
    case "enum_list":
      return type.values.slice(0, 2);
    case "command_path":
      return "git commit";
    case "model":
      return "claude-sonnet-4-5";
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

/** Returns an example event with all its fields. */
export function exampleEvent(type: EventTypeName): Readonly<Record<string, FieldValue>> {
  return Object.fromEntries(fieldsOf(type).map((name) => [name, exampleOf(name)]));
}
