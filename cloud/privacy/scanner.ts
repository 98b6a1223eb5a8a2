/**
 * The server's own look for what is personal or secret, by other rules than the sender's: so that one error does not pass both. Every text of
 * an event that came through the schema is looked at; most are words of lists, remembered as clean.
 */

export const findings = ["address", "host", "path", "number", "secret", "name", "shape"] as const;
export type Finding = (typeof findings)[number];

/** Ids and digests are made of hex and hyphens in fixed lengths; the schema has checked them, and they are not looked at. */
const rules: readonly (readonly [Finding, RegExp])[] = [
  ["address", /@|%40/],
  ["host", /:\/\/|\bwww\.|\b(?:\d{1,3}\.){3}\d{1,3}\b|\b[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){3,}/i],
  ["path", /[\\/~]|%2f|%5c|\b(?:home|users)\b/i],
  // Card, account, telephone, social security numbers: seven digits in a row, or groups of them.
  ["number", /\d{7,}|\d{2,4}(?:[ .-]\d{2,4}){2,}/],
  // Capital and small letters with a digit among them, or a run of letters and digits that no public word has.
  ["secret", /(?=.*[A-Z])(?=.*[a-z])(?=.*\d)/],
  [
    "secret",
    /(?=[a-z\d]*\d)(?=[a-z\d]*[a-z])[a-z\d]{12,}|[a-z]{25,}|[A-Z]{13,}|(?=[A-Z\d]*\d)(?=[A-Z\d]*[A-Z])[A-Z\d]{8,}/,
  ],
  ["secret", /(?=.*[A-Z])(?=.*[a-z]).{18,}/],
  ["secret", /^(?:sk|pk|ghp|gho|xox[abp]|akia|eyj|glpat)[-_A-Za-z0-9]{8,}/i],
  // A text of more words than any command has.
  ["name", /(?:\S+\s+){4,}\S+/],
  // Public words are of these letters alone.
  ["shape", /[^\x20-\x7e]|[<>{}[\]"'`$;|&*?!=,()]/],
];

const maxRemembered = 50_000;
const clean = new Set<string>();

/** What is wrong with a text; `undefined` where nothing is. */
export function scan(text: string): Finding | undefined {
  if (clean.has(text)) return undefined;
  if (text.length > 128) return "shape";
  const found = rules.find(([, pattern]) => pattern.test(text))?.[0];
  if (found === undefined) {
    if (clean.size >= maxRemembered) clean.clear();
    clean.add(text);
  }
  return found;
}
