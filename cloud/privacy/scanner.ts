/**
 * The server's scanner for personal data and secrets. Its rules differ from the client's, so that
 * one error does not defeat both. Scans every string of a schema-valid event; clean strings are
 * cached, since most are vocabulary values.
 */

export const findings = ["address", "host", "path", "number", "secret", "name", "shape"] as const;
export type Finding = (typeof findings)[number];

/** IDs and digests are not scanned: the schema checks their fixed form. */
const rules: readonly (readonly [Finding, RegExp])[] = [
  ["address", /@|%40/],
  ["host", /:\/\/|\bwww\.|\b(?:\d{1,3}\.){3}\d{1,3}\b|\b[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){3,}/i],
  ["path", /[\\/~]|%2f|%5c|\b(?:home|users)\b/i],
  // Card, account, telephone and social security numbers: seven digits in a row, or groups of
  // digits.
  ["number", /\d{7,}|\d{2,4}(?:[ .-]\d{2,4}){2,}/],
  // Mixed-case letters with a digit, or a run of letters and digits that no vocabulary value has.
  ["secret", /(?=.*[A-Z])(?=.*[a-z])(?=.*\d)/],
  [
    "secret",
    /(?=[a-z\d]*\d)(?=[a-z\d]*[a-z])[a-z\d]{12,}|[a-z]{25,}|[A-Z]{13,}|(?=[A-Z\d]*\d)(?=[A-Z\d]*[A-Z])[A-Z\d]{8,}/,
  ],
  ["secret", /(?=.*[A-Z])(?=.*[a-z]).{18,}/],
  ["secret", /^(?:sk|pk|ghp|gho|xox[abp]|akia|eyj|glpat)[-_A-Za-z0-9]{8,}/i],
  // More words than any command has.
  ["name", /(?:\S+\s+){4,}\S+/],
  // Characters that no vocabulary value contains.
  ["shape", /[^\x20-\x7e]|[<>{}[\]"'`$;|&*?!=,()]/],
];

const maxCached = 50_000;
const clean = new Set<string>();

/** Returns what was found in a string; `undefined` if it is clean. */
export function scan(text: string): Finding | undefined {
  if (clean.has(text)) return undefined;
  if (text.length > 128) return "shape";
  const found = rules.find(([, pattern]) => pattern.test(text))?.[0];
  if (found === undefined) {
    if (clean.size >= maxCached) clean.clear();
    clean.add(text);
  }
  return found;
}
