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
const longest = 4 * 1024 * 1024;

export function scan(text: string): Scanned {
  const rules = new Set<Rule>();
  const found: Found = (rule) => rules.add(rule);
  if (text.length > longest) {
    found("too_long");
    return { text: null, rules };
  }
  const named = redactAddresses(redactPaths(redactUrls(text, found), found), found);
  if (hasSecret(named, found)) return { text: null, rules };
  return { text: redactNumbers(named, found), rules };
}
