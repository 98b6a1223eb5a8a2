/**
 * Absolute paths become `[USER_PATH]`: POSIX, Windows drives, UNC and device paths, homes of named users (`~ada`), and
 * a few that are relative but name a user (`Users\ada`).
 */
import type { Found } from "./rules.ts";
import { marks } from "./rules.ts";

/** What may stand right before a path. */
const before = String.raw`(?<![\w\]~.$%*@+-])`;
/** The rest of a path: to the next space, quote or bracket; a blank that is escaped belongs to it. */
const rest = String.raw`(?:\\ |[^\s"'\x60<>|;,()[\]{}])`;
/** A folder of homes, after which the next name is a person's, blanks included. */
const homes = `(?:Users|home|Documents and Settings|Benutzer|Utilisateurs|usuarios)`;

const patterns: readonly RegExp[] = [
  // A home with a blank in the name: up to the next separator, then on.
  new RegExp(
    String.raw`(?:[A-Za-z]:|/[a-z]|/mnt/[a-z]|/cygdrive/[a-z])?[\\/¥]{1,4}${homes}[\\/¥]{1,4}(?:[^\\/¥"'\x60<>|\n\r:]{1,64}(?=[\\/¥])|[^\\/¥\s"'\x60<>|:;,()[\]{}]{1,64})${rest}*`,
    "gi",
  ),
  // UNC and device paths, POSIX paths with two slashes, escaped or not.
  new RegExp(String.raw`${before}(?:\\{2,4}|//)[?.\w][^\s"'\x60<>|;,()]*`, "g"),
  // Drives.
  new RegExp(String.raw`(?<![A-Za-z0-9])[A-Za-z]:[\\/]{1,4}${rest}*`, "g"),
  // POSIX, from the root. A lone slash, an option of Windows (`/s`) or of sed is none.
  new RegExp(
    String.raw`${before}/(?:[^\s"'\x60<>|;,()[\]{}/]{1,255}/${rest}*|(?:home|root|Users|var|etc|usr|opt|tmp|mnt|media|srv|private|Volumes)(?![\w]))`,
    "g",
  ),
  // The home of somebody by name.
  new RegExp(String.raw`(?<![\w\]~.$%@/+=-])~[A-Za-z_][\w.-]{0,63}${rest}*`, "g"),
];

export function redactPaths(text: string, found: Found): string {
  let result = text;
  if (!/[\\/¥~]/.test(text)) return result;
  for (const pattern of patterns) {
    result = result.replace(pattern, () => {
      found("path");
      return marks.path;
    });
  }
  // A list of paths is one mark.
  return result.replace(/(?:\[USER_PATH\]){2,}/g, marks.path);
}
