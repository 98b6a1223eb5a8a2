/** Reads files of a history: line by line in parts, without holding all of it, or as one document. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import { errorCode } from "../../shared/text/error-code.ts";

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

/** A compressed file is decompressed as a whole. */
const maxCompressedBytes = 64 * 1024 * 1024;
const maxDecompressedBytes = 128 * 1024 * 1024;

/** As `readLines`, for a file that is compressed (Zstandard, RFC 8878). @throws also for a file that is damaged or too large. */
export function readCompressedLines(file: string, use: (bytes: Buffer, start: number, end: number) => void): ReadLines {
  return withFile(file, (handle) => {
    if (fstatSync(handle).size > maxCompressedBytes) throw new Error("larger than 64 MB");
    const compressed = wholeOf(handle);
    const bytes = decompressed(compressed);
    let [start, skipped] = [0, 0];
    while (start < bytes.length) {
      const found = bytes.indexOf(0x0a, start);
      const end = found === -1 ? bytes.length : found;
      if (end - start > maxLineBytes) skipped += 1;
      else if (end > start) use(bytes, start, end);
      start = end + 1;
    }
    bytes.fill(0);
    return { bytes: compressed.length, skipped };
  });
}

function decompressed(bytes: Buffer): Buffer {
  try {
    return zstdDecompressSync(bytes, { maxOutputLength: maxDecompressedBytes });
  } catch (error) {
    const isTooLarge = errorCode(error) === "ERR_BUFFER_TOO_LARGE";
    throw new Error(
      isTooLarge ? "larger than 128 MB when decompressed" : "not compressed as its name says, or damaged",
    );
  }
}

/** Longer documents are not read. */
const maxDocumentBytes = 64 * 1024 * 1024;

/** Calls `use` with a whole file; its bytes hold only during the call. @throws as `readLines`, and for a file that is too large. */
export function readDocument(file: string, use: (bytes: Buffer) => void): ReadLines {
  return withFile(file, (handle) => {
    if (fstatSync(handle).size > maxDocumentBytes) throw new Error("larger than 64 MB");
    const bytes = wholeOf(handle);
    try {
      use(bytes);
      return { bytes: bytes.length, skipped: 0 };
    } finally {
      // No text of the file stays in memory.
      bytes.fill(0);
    }
  });
}

/** Reads a file into one buffer: `readFileSync` leaves copies in others. */
export function wholeOf(handle: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(fstatSync(handle).size);
  let end = 0;
  while (end < bytes.length) {
    const count = readSync(handle, bytes, end, bytes.length - end, null);
    if (count === 0) break;
    end += count;
  }
  return bytes.subarray(0, end);
}

/** Opens a regular file of this user for the time of a call. Follows no link. @throws the file system's error, and an Error for another file. */
export function withFile<T>(file: string, use: (handle: number) => T): T {
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

/** Clears what it read, so that no text of the file stays in memory. */
function readFrom(handle: number, use: (bytes: Buffer, start: number, end: number) => void): ReadLines {
  // Most files are small, and to clear a large buffer takes longer than to read them.
  let buffer: Buffer = Buffer.allocUnsafeSlow(Math.min(partBytes, fstatSync(handle).size + 1));
  /** How many bytes of an unfinished line are at the start of the buffer. */
  let kept = 0;
  let [bytes, skipped] = [0, 0];
  let isSkipping = false;
  for (;;) {
    if (kept === buffer.length) {
      const larger = Buffer.allocUnsafeSlow(buffer.length * 2);
      buffer.copy(larger, 0, 0, kept);
      buffer.fill(0);
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
      buffer.fill(0);
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
