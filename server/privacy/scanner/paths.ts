/**
 * Replaces absolute paths with `[USER_PATH]`: POSIX, Windows drives, UNC and device paths, home
 * folders of named users (`~ada`), and relative paths that name a user (`Users\ada`).
 */
import type { Found } from "./rules.ts";
import { marks } from "./rules.ts";

/** A path does not start directly after these characters. */
const before = String.raw`(?<![\w\]~.$%*@+-])`;
/** The rest of a path, up to the next space, quote or bracket; includes escaped spaces. */
const rest = String.raw`(?:\\ |[^\s"'\x60<>|;,()[\]{}])`;
/** Parents of home folders: the next name is a user's and may contain spaces. */
const homes = `(?:Users|home|Documents and Settings|Benutzer|Utilisateurs|usuarios)`;

const patterns: readonly RegExp[] = [
  // Home folders, also with spaces in the name.
  new RegExp(
    String.raw`(?:[A-Za-z]:|/[a-z]|/mnt/[a-z]|/cygdrive/[a-z])?[\\/¥]{1,4}${homes}[\\/¥]{1,4}(?:[^\\/¥"'\x60<>|\n\r:]{1,64}(?=[\\/¥])|[^\\/¥\s"'\x60<>|:;,()[\]{}]{1,64})${rest}*`,
    "gi",
  ),
  // UNC and device paths, POSIX paths with two slashes, escaped or not.
  new RegExp(String.raw`${before}(?:\\{2,4}|//)[?.\w][^\s"'\x60<>|;,()]*`, "g"),
  // Windows drives.
  new RegExp(String.raw`(?<![A-Za-z0-9])[A-Za-z]:[\\/]{1,4}${rest}*`, "g"),
  // Absolute POSIX paths; not a single slash, a Windows option (`/s`) or a sed expression.
  new RegExp(
    String.raw`${before}/(?:[^\s"'\x60<>|;,()[\]{}/]{1,255}/${rest}*|(?:home|root|Users|var|etc|usr|opt|tmp|mnt|media|srv|private|Volumes)(?![\w]))`,
    "g",
  ),
  // Home folder of a named user.
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
  // Merge the placeholders of a path list.
  return result.replace(/(?:\[USER_PATH\]){2,}/g, marks.path);
}
