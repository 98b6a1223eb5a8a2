/**
 * Makes text safe for a terminal, whatever data it contains: file names, configuration values,
 * messages of other programs.
 */

/**
 * Control characters (C0 except tab and newline, DEL, C1) and characters that change the text
 * direction: they could move the cursor, set the title or disguise the text.
 */
const controls = /[^\P{Cc}\t\n]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** User name and password of a URL. Also matches malformed URLs. Bounded, so that the time grows with the text only. */
const credentials = /([a-z][a-z0-9+.-]{0,30}:\/\/)([^\s"'<>]{0,4096})@/gi;

/** Replaces control characters by U+FFFD and hides the credentials of URLs. */
export function terminalText(text: string): string {
  return withoutPasswords(text).replace(controls, "\ufffd");
}

/** Escapes control characters in a JSON text, which keeps its value, and hides the credentials of URLs. */
export function terminalJson(json: string): string {
  return withoutPasswords(json).replace(
    controls,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Hides the credentials of URLs. An `@` in the path of a URL without credentials stays. */
export function withoutPasswords(text: string): string {
  return text.replace(credentials, (match: string, scheme: string, rest: string) =>
    isPath(scheme, rest) ? match : `${scheme}…@`,
  );
}

/** Returns whether the text before the `@` is a host and a path, so that it has no credentials. */
function isPath(scheme: string, rest: string): boolean {
  const slash = rest.indexOf("/");
  if (slash === -1) return false;
  const host = rest.slice(0, slash);
  // Only a port may follow the host; otherwise the slash may be part of a password.
  return /^[a-z0-9.-]+(?::\d+)?$/i.test(host) && !host.includes("@") && URL.canParse(`${scheme}${host}/`);
}
