/** Copies the fields that a program passes to an SDK or the extension API, as plain JSON data. */

/** In characters of JSON; no event needs more. */
const maxChars = 8_192;

/** Set by the recorder; a program cannot set them. */
const envelope = ["id", "event_type", "ts", "utc_offset_min", "session_id", "source", "seq", "workspace", "caller"];

/**
 * Returns a copy without the envelope; `undefined` if `value` is not an object or too long.
 * @throws if `value` cannot be serialized, or one of its getters throws.
 */
export function jsonFields(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const text = JSON.stringify(value) ?? "";
  if (!text.startsWith("{") || text.length > maxChars) return undefined;
  const fields = JSON.parse(text);
  for (const name of envelope) delete fields[name];
  return fields;
}
