/**
 * Salted hashes of user-defined names, and of session IDs for sharing. Two random 32-byte salts:
 * the local one hashes names of workspaces, tasks and tools; the other is created with the consent
 * to share and hashes session IDs (usage aggregation, "Identifiers").
 * Salts are never logged, exported or sent.
 */

import { createHash, createHmac, createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { existsSync, linkSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { inspect } from "node:util";
import { errorCode } from "../../shared/text/error-code.ts";
import { removeWithLeftovers, temporaryName, writeFileSynced } from "../files/atomic-write.ts";
import { fsyncFolder } from "../files/fsync.ts";
import { makeFolder } from "../files/ownership.ts";

const saltBytes = 32;
const saltPattern = /^[0-9a-f]{64}$/;

/** A secret random value that cannot be printed by accident. */
export class Salt {
  readonly #hex: string;
  /** Node takes seven times as long with the bytes. */
  #key: KeyObject | undefined;

  private constructor(hex: string) {
    this.#hex = hex;
  }

  static random(): Salt {
    return new Salt(randomBytes(saltBytes).toString("hex"));
  }

  /** Returns `undefined` if the value is not a salt. */
  static from(hex: unknown): Salt | undefined {
    return typeof hex === "string" && saltPattern.test(hex) ? new Salt(hex) : undefined;
  }

  /**
   * Returns `anon_session_id`: SHA-256 of salt and session ID, in hex. The concatenation is
   * unambiguous because the salt has a fixed length.
   */
  anonSessionId(sessionId: string): string {
    return createHash("sha256").update(this.#hex).update(sessionId).digest("hex");
  }

  /** Returns the first 128 bits of the HMAC-SHA-256 of kind and name, in hex. */
  hashName(kind: NameKind, name: string): string {
    this.#key ??= createSecretKey(this.#hex, "hex");
    return createHmac("sha256", this.#key).update(`${kind}\0`).update(name).digest("hex").slice(0, 32);
  }

  /** Only for writing the salt to its file. */
  reveal(): string {
    return this.#hex;
  }

  toString(): string {
    return "[salt]";
  }

  toJSON(): string {
    return "[salt]";
  }

  [inspect.custom](): string {
    return "[salt]";
  }
}

export const nameKinds = ["workspace", "task", "tool", "caller", "agent", "line"] as const;
export type NameKind = (typeof nameKinds)[number];

/** Cached hashes: a window has few names, and hashing is the firewall's costliest operation. */
const maxCached = 256;

/** Hashes user-defined names with the local salt, which is created on first use. */
export class NameHasher {
  readonly #salt: () => Salt;
  readonly #cache = new Map<string, string>();

  constructor(salt: () => Salt) {
    this.#salt = salt;
  }

  /** @throws the file system's error if the salt can neither be read nor created. */
  hash(kind: NameKind, name: string): string {
    const key = `${kind}\0${name}`;
    let hash = this.#cache.get(key);
    if (hash === undefined) {
      if (this.#cache.size >= maxCached) this.#cache.clear();
      hash = this.#salt().hashName(kind, name);
      this.#cache.set(key, hash);
    }
    return hash;
  }

  /** Hashes without caching, for names that rarely repeat. */
  hashOnce(kind: NameKind, name: string): string {
    return this.#salt().hashName(kind, name);
  }

  /** Clears the cache, so that the next hash uses the current salt. */
  forget(): void {
    this.#cache.clear();
  }
}

/** The file with the local salt: `state/usage/identity.json`, private to the user. */
export class IdentityFile {
  readonly path: string;
  #salt: Salt | undefined;
  #stamp = "";

  constructor(path: string) {
    this.path = path;
  }

  /** Returns the local salt, synced before first use. @throws the file system's error. */
  localSalt(): Salt {
    if (this.#salt === undefined) {
      this.#salt = this.#read() ?? this.#create();
      this.#stamp = this.#readStamp();
    }
    return this.#salt;
  }

  /** Returns whether another process changed the salt; it is then read again when needed. */
  hasChanged(): boolean {
    if (this.#salt === undefined || this.#readStamp() === this.#stamp) return false;
    this.#salt = undefined;
    return true;
  }

  /** Deletes the salt, so that later hashes cannot be linked to earlier ones. */
  erase(): void {
    this.#salt = undefined;
    removeWithLeftovers(this.path);
  }

  #readStamp(): string {
    const stat = statSync(this.path, { throwIfNoEntry: false });
    return stat === undefined ? "none" : `${stat.ino}:${stat.mtimeMs}`;
  }

  #read(): Salt | undefined {
    let text: string;
    try {
      text = readFileSync(this.path, "utf8");
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    }
    try {
      const document: unknown = JSON.parse(text);
      return typeof document === "object" && document !== null
        ? Salt.from(Reflect.get(document, "local_salt"))
        : undefined;
    } catch {
      // Truncated or foreign content: a new salt only leads to new hashes.
      return undefined;
    }
  }

  /** If several processes create a salt, the first to link its file wins, and all read that one. */
  #create(): Salt {
    const salt = Salt.random();
    makeFolder(dirname(this.path));
    const temporary = temporaryName(this.path);
    try {
      writeFileSynced(temporary, `${JSON.stringify({ version: 1, local_salt: salt.reveal() })}\n`);
      // An existing file is invalid here; replace it.
      if (existsSync(this.path)) renameSync(temporary, this.path);
      else linkNew(temporary, this.path);
    } finally {
      rmSync(temporary, { force: true });
    }
    fsyncFolder(dirname(this.path));
    return this.#read() ?? salt;
  }
}

function linkNew(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    if (errorCode(error) === "EEXIST") return;
    // Not every file system supports hard links.
    renameSync(from, to);
  }
}
