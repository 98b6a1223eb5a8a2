/**
 * The scanner, the firewall's last layer: defence in depth for strings that passed the other
 * layers. Replaces personal data with placeholders. Drops text with a secret completely, because
 * the secret's extent is unknown. Linear in the text length: patterns have bounded repetitions, and
 * adjacent repetitions share no character.
 */

import { redactAddresses } from "./addresses.ts";
import { redactNumbers } from "./numbers.ts";
import { redactPaths } from "./paths.ts";
import type { Found, Rule } from "./rules.ts";
import { hasSecret } from "./secrets.ts";
import { redactUrls } from "./urls.ts";

export interface Scanned {
  /** The redacted text; `null` if it must be dropped. */
  readonly text: string | null;
  readonly rules: ReadonlySet<Rule>;
}

/** Longer text is dropped without scanning; no legitimate value is that long. */
const maxTotalChars = 4 * 1024 * 1024;

/** Redaction can create new matches. Text that still changes after this many passes is hostile. */
const maxPasses = 8;

export function scan(text: string): Scanned {
  const rules = new Set<Rule>();
  const found: Found = (rule) => rules.add(rule);
  let current = text;
  for (let passes = 0; passes < maxPasses && text.length <= maxTotalChars; passes += 1) {
    const next = pass(current, found);
    if (next === null || next === current) return { text: next, rules };
    current = next;
  }
  found("too_long");
  return { text: null, rules };
}

function pass(text: string, found: Found): string | null {
  const redacted = redactAddresses(redactPaths(redactUrls(text, found), found), found);
  return hasSecret(redacted, found) ? null : redactNumbers(redacted, found);
}
