/** What a program gives for fields, as a copy: whatever is no JSON, and whatever is read with it, stays behind. */

/** More no event says. Characters of JSON. */
const maxChars = 8_192;

/** What stands around an event, and where it happened, is not the program's to say. */
const envelope = ["id", "event_type", "ts", "utc_offset_min", "session_id", "source", "seq", "workspace", "caller"];

/** `undefined` of what is no object, or too long. @throws where it cannot be JSON, or its reading throws. */
export function jsonFields(given: unknown): Readonly<Record<string, unknown>> | undefined {
  const text = JSON.stringify(given) ?? "";
  if (!text.startsWith("{") || text.length > maxChars) return undefined;
  const fields = JSON.parse(text);
  for (const name of envelope) delete fields[name];
  return fields;
}
