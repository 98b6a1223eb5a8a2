/** Which consent categories change what an upload contains, by upload schema. */
import { type Category, categories } from "./categories.ts";
import { eventTable, eventTypeNames, fieldsOf } from "./events.ts";
import { fieldTable } from "./fields.ts";
import { schema1Commands } from "./schema-1.ts";

const schema1Types = [...schema1Commands, "agent_event"] as const;

/** Parts of the envelope of schema 2, beside the fields of the event. */
const envelopeCategories: readonly Category[] = ["platform", "session_metadata"];

/** Returns the categories that decide about an event type or a field of the schema; the others have no effect. */
export function sharedCategories(schema: 1 | 2): readonly Category[] {
  const forms = schema === 1 ? ["schema_1_and_2"] : ["schema_1_and_2", "schema_2"];
  const types = schema === 1 ? schema1Types : eventTypeNames;
  const found = new Set<Category>(schema === 1 ? [] : envelopeCategories);
  for (const type of types) {
    found.add(eventTable[type].category);
    for (const field of fieldsOf(type)) {
      const { shared, category } = fieldTable[field];
      if (forms.includes(shared)) found.add(category);
    }
  }
  return categories.filter((name) => found.has(name));
}
