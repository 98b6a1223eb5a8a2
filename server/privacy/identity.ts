/**
 * Identities that say nothing: salted hashes of the user's own names, and of the session where it is shared.
 *
 * Two salts, both random and of 32 bytes. The local one hashes names of workspaces, tasks and tools of the user's own;
 * it never leaves this machine. The other comes with the consent to share and hashes session ids (usage aggregation,
 * "Identifiers"). Neither is ever logged, exported or sent; a salt has no form as text outside its file.
 */

import { createHash, createHmac, randomBytes, randomUUID } from "node:crypto";
import { existsSync, linkSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { inspect } from "node:util";
import { removeWithLeftovers, temporarySuffix, writeFileSynced } from "../files/atomic-write.ts";
import { fsyncFolder } from "../files/fsync.ts";
import { makeFolder } from "../files/ownership.ts";

const saltBytes = 32;
const saltPattern = /^[0-9a-f]{64}$/;

/** A secret random value that does not show itself, whoever prints it. */
export class Salt {
  readonly #hex: string;

  private constructor(hex: string) {
    this.#hex = hex;
  }

  static random(): Salt {
    return new Salt(randomBytes(saltBytes).toString("hex"));
  }

  /** `undefined` where the text is no salt. */
  static from(hex: unknown): Salt | undefined {
    return typeof hex === "string" && saltPattern.test(hex) ? new Salt(hex) : undefined;
  }

  /**
   * `anon_session_id`: SHA-256 of salt and session id, in hex. The salt's length is fixed, so that the concatenation is
   * unambiguous.
   */
  anonSessionId(sessionId: string): string {
    return createHash("sha256").update(this.#hex).update(sessionId).digest("hex");
  }

  /** 128 bits of the HMAC-SHA-256 of a name and what it names, in hex. */
  hashName(kind: NameKind, name: string): string {
    return createHmac("sha256", Buffer.from(this.#hex, "hex"))
      .update(`${kind}\0`)
      .update(name)
      .digest("hex")
      .slice(0, 32);
  }

  /** For its own file alone. */
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

/** So many names are remembered with their hashes: a window has few, and a hash costs more than all else. */
const remembered = 256;

/** Hashes the user's own names with the local salt, which is made when first needed. */
export class NameHasher {
  readonly #salt: () => Salt;
  readonly #known = new Map<string, string>();

  constructor(salt: () => Salt) {
    this.#salt = salt;
  }

  /** @throws the file system's error, where the salt can neither be read nor made. */
  hash(kind: NameKind, name: string): string {
    const key = `${kind}\0${name}`;
    let hash = this.#known.get(key);
    if (hash === undefined) {
      if (this.#known.size >= remembered) this.#known.clear();
      hash = this.#salt().hashName(kind, name);
      this.#known.set(key, hash);
    }
    return hash;
  }

  /** The same for what hardly comes twice. */
  hashOnce(kind: NameKind, name: string): string {
    return this.#salt().hashName(kind, name);
  }

  /** The next hash asks for the salt again. */
  forget(): void {
    this.#known.clear();
  }
}

/** The file that holds the local salt: `state/usage/identity.json`, readable by the user alone. */
export class IdentityFile {
  readonly path: string;
  #salt: Salt | undefined;
  #stamp = "";

  constructor(path: string) {
    this.path = path;
  }

  /** The local salt; made, and durable, before its first use. @throws the file system's error. */
  localSalt(): Salt {
    if (this.#salt === undefined) {
      this.#salt = this.#read() ?? this.#create();
      this.#stamp = this.#readStamp();
    }
    return this.#salt;
  }

  /** Whether another process erased or replaced the salt since it was read; it is then read anew. */
  hasChanged(): boolean {
    if (this.#salt === undefined || this.#readStamp() === this.#stamp) return false;
    this.#salt = undefined;
    return true;
  }

  /** Removes the salt: hashes made later cannot be linked with earlier ones. */
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
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
    try {
      const document: unknown = JSON.parse(text);
      return typeof document === "object" && document !== null
        ? Salt.from(Reflect.get(document, "local_salt"))
        : undefined;
    } catch {
      // Cut or foreign: a new salt makes new hashes, and nothing else depends on it.
      return undefined;
    }
  }

  /** Another process may make one at the same moment: the first to link its file into place wins, and all read it. */
  #create(): Salt {
    const salt = Salt.random();
    makeFolder(dirname(this.path));
    const unfinished = `${this.path}.${randomUUID().slice(0, 8)}${temporarySuffix}`;
    try {
      writeFileSynced(unfinished, `${JSON.stringify({ version: 1, local_salt: salt.reveal() })}\n`);
      // What lies there and is no salt gives way.
      if (existsSync(this.path)) renameSync(unfinished, this.path);
      else linkNew(unfinished, this.path);
    } finally {
      rmSync(unfinished, { force: true });
    }
    fsyncFolder(dirname(this.path));
    return this.#read() ?? salt;
  }
}

function linkNew(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    if (error.code === "EEXIST") return;
    // Not every file system has links.
    renameSync(from, to);
  }
}
