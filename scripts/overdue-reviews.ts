/** Fields whose review is overdue: the month in which the team must decide again whether they are needed has passed. */
import { type Field, fieldTable } from "../shared/schema/fields.ts";

/** The names, with their months, of all fields whose month is before that of a moment (in UTC). */
export function overdueReviews(
  now: Date,
  fields: Readonly<Record<string, Pick<Field, "review">>> = fieldTable,
): readonly string[] {
  const month = now.toISOString().slice(0, 7);
  return Object.entries(fields)
    .filter(([, { review }]) => review < month)
    .map(([name, { review }]) => `${name} (${review})`);
}
