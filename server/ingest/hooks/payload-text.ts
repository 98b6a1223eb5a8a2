/** Parses the text of an agent's payload, as leniently as `hook.awk` reads it. */

/**
 * Returns the payload, or `undefined` for a text that is not JSON. Agents on Windows put a byte order
 * mark before it, and some write control characters into strings (JSON allows neither, RFC 8259).
 */
export function payloadIn(text: string): unknown {
  const plain = text.startsWith("\ufeff") ? text.slice(1) : text;
  try {
    return JSON.parse(plain);
  } catch {
    return parsed(plain.replace(/\p{Cc}/gu, " "));
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
