/**
 * The scanner: the firewall's last layer, defence in depth over strings that the other layers let through.
 *
 * What is personal is replaced by a mark; a text in which a secret stands is dropped whole, since nobody knows how far
 * the secret reaches. In doubt it drops. Every step is linear in the length of the text: patterns have bounded
 * repetitions, and no two neighbouring repetitions share a character.
 */

import { redactAddresses } from "./addresses.ts";
import { redactNumbers } from "./numbers.ts";
import { redactPaths } from "./paths.ts";
import type { Found, Rule } from "./rules.ts";
import { hasSecret } from "./secrets.ts";
import { redactUrls } from "./urls.ts";

export interface Scanned {
  /** The text without what was found; `null` where it has to be dropped. */
  readonly text: string | null;
  readonly rules: ReadonlySet<Rule>;
}

/** Longer than any value that means something; what is longer is dropped unread. */
const maxTotalChars = 4 * 1024 * 1024;

/** What one pass leaves may look like something else. After so many the text is dropped: it was made to resist. */
const maxPasses = 8;

export function scan(text: string): Scanned {
  const rules = new Set<Rule>();
  const found: Found = (rule) => rules.add(rule);
  let left = text;
  for (let passes = 0; passes < maxPasses && text.length <= maxTotalChars; passes += 1) {
    const next = pass(left, found);
    if (next === null || next === left) return { text: next, rules };
    left = next;
  }
  found("too_long");
  return { text: null, rules };
}

function pass(text: string, found: Found): string | null {
  const named = redactAddresses(redactPaths(redactUrls(text, found), found), found);
  return hasSecret(named, found) ? null : redactNumbers(named, found);
}
