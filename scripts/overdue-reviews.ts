/** Finds fields with an overdue review: the month in which their need must be reviewed has passed. */
import { type Field, fieldTable } from "../shared/schema/fields.ts";

/** Returns names and review months of the fields whose month is before that of `now` (UTC). */
export function overdueReviews(
  now: Date,
  fields: Readonly<Record<string, Pick<Field, "review">>> = fieldTable,
): readonly string[] {
  const month = now.toISOString().slice(0, 7);
  return Object.entries(fields)
    .filter(([, { review }]) => review < month)
    .map(([name, { review }]) => `${name} (${review})`);
}
