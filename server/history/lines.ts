/** Reads files of a history: line by line in parts, without holding all of it, or as one document. */
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from "node:fs";

const partBytes = 4 * 1024 * 1024;
/** A longer line holds a text or an attachment; it is skipped. */
export const maxLineBytes = 8 * 1024 * 1024;

export interface ReadLines {
  readonly bytes: number;
  /** Lines that were longer than `maxLineBytes`. */
  readonly skipped: number;
}

/**
 * Calls `use` with each line: its bytes from `start` to `end` (exclusive), which hold only during the call. A last line without an
 * end is included. Follows no link. @throws the file system's error, and an Error for what is no regular file of this user.
 */
export function readLines(file: string, use: (bytes: Buffer, start: number, end: number) => void): ReadLines {
  return withFile(file, (handle) => readFrom(handle, use));
}

/** Longer documents are not read. */
const maxDocumentBytes = 64 * 1024 * 1024;

/** Reads a file as one document. Follows no link. @throws as `readLines`, and for a file that is too large. */
export function readDocument(file: string): Buffer {
  return withFile(file, (handle) => {
    if (fstatSync(handle).size > maxDocumentBytes) throw new Error("larger than 64 MB");
    return readFileSync(handle);
  });
}

function withFile<T>(file: string, use: (handle: number) => T): T {
  const handle = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = fstatSync(handle);
    if (!stat.isFile()) throw new Error("not a regular file");
    const user = process.getuid?.();
    if (user !== undefined && stat.uid !== user) throw new Error("not a file of this user");
    return use(handle);
  } finally {
    closeSync(handle);
  }
}

function readFrom(handle: number, use: (bytes: Buffer, start: number, end: number) => void): ReadLines {
  let buffer = Buffer.allocUnsafe(partBytes);
  /** How many bytes of an unfinished line are at the start of the buffer. */
  let kept = 0;
  let [bytes, skipped] = [0, 0];
  let isSkipping = false;
  for (;;) {
    if (kept === buffer.length) {
      const larger = Buffer.allocUnsafe(buffer.length * 2);
      buffer.copy(larger, 0, 0, kept);
      buffer = larger;
    }
    const count = readSync(handle, buffer, kept, buffer.length - kept, null);
    bytes += count;
    const end = kept + count;
    let start = 0;
    for (let at = buffer.indexOf(0x0a, kept); at !== -1 && at < end; at = buffer.indexOf(0x0a, start)) {
      if (isSkipping) isSkipping = false;
      else if (at > start) use(buffer, start, at);
      start = at + 1;
    }
    if (count === 0) {
      if (end > start && !isSkipping) use(buffer, start, end);
      return { bytes, skipped };
    }
    if (end - start > maxLineBytes && !isSkipping) {
      isSkipping = true;
      skipped += 1;
    }
    if (isSkipping) start = end;
    buffer.copyWithin(0, start, end);
    kept = end - start;
  }
}
