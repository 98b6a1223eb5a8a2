/** Texts as they may appear on a terminal, whatever data is in them: names of files, values of a configuration, messages of others. */

/**
 * Control characters (C0 without tab and newline, DEL, C1) and those that change the direction of text: on a terminal they move the
 * cursor, set its title, or show something else than what is there.
 */
const controls = /[^\P{Cc}\t\n]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** The name and password of an address, also of one that is not quite an address. */
const credentials = /([a-z][a-z0-9+.-]*:\/\/)([^\s"'<>]*)@/gi;

/** Replaces what a terminal would act on by the character for what cannot be shown, and hides passwords of addresses. */
export function terminalText(text: string): string {
  return withoutPasswords(text).replace(controls, "\ufffd");
}

/** A JSON text in which such characters are escaped: the value stays the same. */
export function terminalJson(json: string): string {
  return withoutPasswords(json).replace(
    controls,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** An `@` in the path of an address that has no password stays. */
export function withoutPasswords(text: string): string {
  return text.replace(credentials, (whole: string, scheme: string, rest: string) =>
    isPath(scheme, rest) ? whole : `${scheme}…@`,
  );
}

/** Whether what stands before the `@` begins with a whole host and a path, so that no name or password is in it. */
function isPath(scheme: string, rest: string): boolean {
  const slash = rest.indexOf("/");
  if (slash === -1) return false;
  const host = rest.slice(0, slash);
  // A number, or nothing, behind the host: else a slash may be part of a password.
  return /^[a-z0-9.-]+(?::\d+)?$/i.test(host) && !host.includes("@") && URL.canParse(`${scheme}${host}/`);
}
