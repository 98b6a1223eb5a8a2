/** Which consent categories change what an upload contains, by upload schema, and what each of them adds. */
import { type Category, categories } from "./categories.ts";
import { eventTable, eventTypeNames, fieldsOf } from "./events.ts";
import { fieldTable } from "./fields.ts";
import { schema1Commands } from "./schema-1.ts";
import type { UploadSchema } from "./upload-schema.ts";

const schema1Types = [...schema1Commands, "agent_event"] as const;

/** Parts of the envelope of schema 2, beside the fields of the event. */
const envelopeParts: Readonly<Partial<Record<Category, readonly string[]>>> = {
  platform: ["version", "os", "arch", "runtime_version"],
  session_metadata: ["started_at"],
};

/** What a category adds to an upload. */
export interface SharedPart {
  readonly category: Category;
  /** Event types that are sent at all only with this category. */
  readonly events: readonly string[];
  /** Fields that are sent only with this category, where the event is sent. */
  readonly fields: readonly string[];
}

/** Returns the categories that have an effect in a schema; the others change no byte of an upload. */
export function sharedParts(schema: UploadSchema): readonly SharedPart[] {
  const forms = schema === 1 ? ["schema_1_and_2"] : ["schema_1_and_2", "schema_2"];
  const types = schema === 1 ? schema1Types : eventTypeNames;
  const parts = categories.map((category) => {
    const fields = new Set(schema === 1 ? [] : envelopeParts[category]);
    for (const type of types)
      for (const field of fieldsOf(type)) {
        const { shared, category: needed } = fieldTable[field];
        if (needed === category && forms.includes(shared)) fields.add(field);
      }
    return { category, events: types.filter((type) => eventTable[type].category === category), fields: [...fields] };
  });
  return parts.filter(({ events, fields }) => events.length > 0 || fields.length > 0);
}

export const sharedCategories = (schema: UploadSchema): readonly Category[] =>
  sharedParts(schema).map(({ category }) => category);
