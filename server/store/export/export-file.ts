/** The target of an export: a new file, complete or not at all, or a stream such as standard output. */

import { closeSync, fsyncSync, linkSync, lstatSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { errorCode } from "../../../shared/text/error-code.ts";
import { temporaryName } from "../../files/atomic-write.ts";
import { fsyncFolder } from "../../files/fsync.ts";

/** Receives the text of an export. */
export interface ExportSink {
  /** @throws ExportError; resolves when more can be written. */
  write(text: string): void | Promise<void>;
}

/** The file cannot be written. The message is for the user: what, where, what to do. */
export class ExportError extends Error {
  override readonly name = "ExportError";
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: "no disk space left. Free some space, or choose another folder",
  EDQUOT: "your disk quota is used up. Free some space, or choose another folder",
  ENOENT: "the folder does not exist. Create it first",
  ENOTDIR: "a part of the path is a file, not a folder",
  EACCES: "the folder is not writable for you",
  EPERM: "the folder is not writable for you",
  EROFS: "the folder is on a read-only file system",
  EFBIG: "the file would be larger than the file system or a limit of yours allows",
  EISDIR: "it is a folder. Name a file",
};

function exportError(path: string, error: unknown): ExportError {
  const code = errorCode(error) ?? "";
  return new ExportError(`${path} was not written: ${reasons[code] ?? `the file system reports ${code}`}.`, {
    cause: error,
  });
}

/** Bytes per write. */
const bufferBytes = 65_536;
const encoder = new TextEncoder();

/** Writes to a temporary file, which gets its name when it is complete. */
export class ExportFile implements ExportSink {
  readonly #path: string;
  readonly #temporary: string;
  readonly #force: boolean;
  readonly #file: number;
  readonly #buffer = new Uint8Array(bufferBytes);
  #used = 0;
  #isOpen = true;

  /** `force` replaces an existing file; a link is never followed. @throws ExportError */
  constructor(path: string, force = false) {
    this.#path = path;
    this.#force = force;
    refuseExisting(path, force);
    this.#temporary = temporaryName(path);
    try {
      this.#file = openSync(this.#temporary, "wx", 0o600);
    } catch (error) {
      throw exportError(path, error);
    }
  }

  /** @throws ExportError */
  write(text: string): void {
    for (let from = 0; from < text.length; ) {
      if (bufferBytes - this.#used < 4) this.#flush();
      const part = from === 0 ? text : text.slice(from);
      const { read, written } = encoder.encodeInto(part, this.#buffer.subarray(this.#used));
      this.#used += written;
      from += read;
    }
  }

  /** Gives the file its name and returns its size in bytes. @throws ExportError; an existing file is unchanged. */
  finish(): number {
    this.#flush();
    try {
      fsyncSync(this.#file);
      const { size } = statSync(this.#temporary);
      this.#name();
      this.#close();
      fsyncFolder(dirname(this.#path));
      return size;
    } catch (error) {
      throw error instanceof ExportError ? error : exportError(this.#path, error);
    }
  }

  /** A file that appeared in the meantime is not replaced either. */
  #name(): void {
    refuseExisting(this.#path, this.#force);
    if (this.#force) {
      renameSync(this.#temporary, this.#path);
      return;
    }
    try {
      linkSync(this.#temporary, this.#path);
      rmSync(this.#temporary);
    } catch (error) {
      if (errorCode(error) === "EEXIST") refuseExisting(this.#path, false);
      // File systems without hard links.
      renameSync(this.#temporary, this.#path);
    }
  }

  /** Deletes the temporary file. */
  abandon(): void {
    this.#close();
    rmSync(this.#temporary, { force: true });
  }

  #close(): void {
    if (this.#isOpen) closeSync(this.#file);
    this.#isOpen = false;
  }

  #flush(): void {
    try {
      for (let done = 0; done < this.#used; ) done += writeSync(this.#file, this.#buffer, done, this.#used - done);
    } catch (error) {
      throw exportError(this.#path, error);
    }
    this.#used = 0;
  }
}

/** Refuses a path where an export would not be written. @throws ExportError */
export function refuseExisting(path: string, force: boolean): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (found.isSymbolicLink()) throw new ExportError(`${path} is a link, so it was not written. Name its target.`);
  if (found.isDirectory()) throw new ExportError(`${path} was not written: it is a folder. Name a file.`);
  if (!found.isFile()) throw new ExportError(`${path} was not written: it is no ordinary file.`);
  if (!force) throw new ExportError(`${path} exists and was not overwritten. Choose another name, or use --force.`);
}
