/**
 * Undoes a change of an agent's settings byte for byte without a copy of the settings, which may
 * contain keys: stores the insertions, and digests of the file before and after.
 */
import { createHash } from "node:crypto";

/** An insertion: offset and length in UTF-16 code units. */
type Piece = readonly [at: number, length: number];

export interface Undo {
  readonly beforeSha256: string;
  readonly afterSha256: string;
  readonly pieces: readonly Piece[];
  /** The original text, if it was only whitespace. */
  readonly blank?: string;
}

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Returns the undo record, or `undefined` if the change was not only insertions. */
export function createUndo(before: string, after: string): Undo | undefined {
  const digests = { beforeSha256: sha256(before), afterSha256: sha256(after) };
  if (before.trim() === "") return { ...digests, pieces: [], blank: before };
  const pieces: Piece[] = [];
  let at = 0;
  for (let n = 0; n < after.length; n += 1) {
    if (at < before.length && before[at] === after[n]) {
      at += 1;
      continue;
    }
    const last = pieces.at(-1);
    if (last !== undefined && last[0] + last[1] === n) pieces[pieces.length - 1] = [last[0], last[1] + 1];
    else pieces.push([n, 1]);
  }
  if (at < before.length) return undefined;
  return { ...digests, pieces };
}

/** Returns the original text, or `undefined` if `text` changed since. */
export function applyUndo(text: string, { beforeSha256, afterSha256, pieces, blank }: Undo): string | undefined {
  if (sha256(text) !== afterSha256) return undefined;
  if (blank !== undefined) return blank;
  let before = "";
  let from = 0;
  for (const [at, length] of pieces) {
    before += text.slice(from, at);
    from = at + length;
  }
  before += text.slice(from);
  return sha256(before) === beforeSha256 ? before : undefined;
}
