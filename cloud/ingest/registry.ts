/**
 * What the server knows of installations: which secret was enrolled for which pseudonym, which were erased; and its own keys for receipts. A small
 * file of lines, each synced before it counts; an erasure writes it anew without what was erased.
 */
import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { writeWhole } from "../whole-file.ts";

type Line =
  | { readonly enroll: string; readonly secret: string }
  | { readonly erase: string }
  /** Of an erased pseudonym only a digest stays, so that nothing of it comes in again. */
  | { readonly erased: string; readonly at: number; readonly count: number }
  | { readonly key: string; readonly pkcs8: string };

/** When a pseudonym was erased, in milliseconds since 1970, and how many events. */
export interface Erased {
  readonly at: number;
  readonly count: number;
}

export interface ReceiptKey {
  readonly id: string;
  readonly private: KeyObject;
  /** 32 bytes in base64. */
  readonly public: string;
  /** The older key that vouches for it. */
  readonly signedBy: { readonly key_id: string; readonly signature: string } | undefined;
}

/** As the wire protocol has it. */
const keyStatement = (id: string, publicKey: string): string => `nexus-receipt-key:${id}:${publicKey}`;

/** The pseudonym cannot be told from it. */
export const digestOf = (anonUserId: string): string =>
  createHash("sha256").update(`nexus erased ${anonUserId}`).digest("hex");

export class Registry {
  readonly #path: string;
  readonly #secrets = new Map<string, string>();
  readonly #erasing = new Set<string>();
  readonly #erased = new Map<string, Erased>();
  readonly #keys: ReceiptKey[] = [];
  #file: FileHandle;
  /** Bytes of the file that are whole and synced. */
  #length: number;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(path: string, file: FileHandle, length: number) {
    this.#path = path;
    this.#file = file;
    this.#length = length;
  }

  /** @throws the file system's error; Error where a line within is damaged. */
  static async open(path: string): Promise<Registry> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    const file = await open(path, "a", 0o600);
    // What a crash cut off was never answered.
    if (whole.length < text.length) await file.truncate(Buffer.byteLength(whole));
    const registry = new Registry(path, file, Buffer.byteLength(whole));
    for (const [n, line] of whole.split("\n").entries()) {
      if (line === "") continue;
      try {
        registry.#apply(JSON.parse(line));
      } catch {
        throw new Error(`${path}, line ${n + 1}: this is damaged. Restore it from a copy; nothing was changed.`);
      }
    }
    if (registry.#keys.length === 0) await registry.rotateKey();
    return registry;
  }

  #apply(line: Line): void {
    if ("enroll" in line) this.#secrets.set(line.enroll, line.secret);
    else if ("erase" in line) this.#erasing.add(line.erase);
    else if ("erased" in line) this.#erased.set(line.erased, line);
    else this.#addKey(line.key, line.pkcs8);
  }

  #addKey(id: string, pkcs8: string): void {
    const key = createPrivateKey({ key: Buffer.from(pkcs8, "base64"), format: "der", type: "pkcs8" });
    const raw = createPublicKey(key).export({ type: "spki", format: "der" }).subarray(-32).toString("base64");
    const older = this.#keys.at(-1);
    const signedBy =
      older === undefined
        ? undefined
        : {
            key_id: older.id,
            signature: sign(null, Buffer.from(keyStatement(id, raw)), older.private).toString("base64"),
          };
    this.#keys.push({ id, private: key, public: raw, signedBy });
  }

  /** Within `#exclusively`. What could not be written whole is cut away, so that the next line begins where the last one ended. */
  async #append(line: Line): Promise<void> {
    const text = `${JSON.stringify(line)}\n`;
    try {
      await this.#file.appendFile(text);
      await this.#file.datasync();
    } catch (error) {
      await this.#file.truncate(this.#length);
      throw error;
    }
    this.#length += Buffer.byteLength(text);
    this.#apply(line);
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#writing.then(work);
    this.#writing = result.catch(() => undefined);
    return result;
  }

  secretOf(anonUserId: string): Buffer | undefined {
    const secret = this.#secrets.get(anonUserId);
    return secret === undefined ? undefined : Buffer.from(secret, "base64");
  }

  /** Whether this very secret is bound. */
  isEnrolled(anonUserId: string, secret: string): boolean {
    return this.#secrets.get(anonUserId) === secret;
  }

  /** Binds a secret at first use. Returns `other` where another one is bound. Of several at once the first is bound. */
  enroll(anonUserId: string, secret: string): Promise<"bound" | "same" | "other" | "erased"> {
    return this.#exclusively(async () => {
      if (this.isErased(anonUserId)) return "erased";
      const known = this.#secrets.get(anonUserId);
      if (known !== undefined) return known === secret ? "same" : "other";
      await this.#append({ enroll: anonUserId, secret });
      return "bound";
    });
  }

  /** Replaces a secret, asked for under the old one; nothing comes back of whom was erased meanwhile. */
  rotateSecret(anonUserId: string, secret: string): Promise<"bound" | "erased"> {
    return this.#exclusively(async () => {
      if (this.isErased(anonUserId)) return "erased";
      await this.#append({ enroll: anonUserId, secret });
      return "bound";
    });
  }

  /** Whether nothing of a pseudonym may come in any more. */
  isErased(anonUserId: string): boolean {
    return this.#erasing.has(anonUserId) || this.#erased.has(digestOf(anonUserId));
  }

  erasedBefore(anonUserId: string): Erased | undefined {
    return this.#erased.get(digestOf(anonUserId));
  }

  /** Erasures that were asked for and are not done. */
  get erasing(): readonly string[] {
    return [...this.#erasing];
  }

  beginErasure(anonUserId: string): Promise<void> {
    return this.#exclusively(async () => {
      if (!this.isErased(anonUserId)) await this.#append({ erase: anonUserId });
    });
  }

  /** The file is written anew: neither pseudonym nor secret stay in it. */
  async endErasure(anonUserId: string, done: Erased): Promise<void> {
    await this.#exclusively(async () => {
      const digest = digestOf(anonUserId);
      const text = this.#lines(anonUserId, { erased: digest, ...done })
        .map((line) => `${JSON.stringify(line)}\n`)
        .join("");
      await writeWhole(this.#path, text);
      // Only now is it so.
      this.#erasing.delete(anonUserId);
      this.#secrets.delete(anonUserId);
      this.#erased.set(digest, done);
      await this.#file.close();
      this.#file = await open(this.#path, "a", 0o600);
      this.#length = Buffer.byteLength(text);
    });
  }

  /** All but those of one pseudonym, in whose place another line stands. */
  #lines(but: string, instead: Line): readonly Line[] {
    return [
      ...this.#keys.map(({ id, private: key }) => ({
        key: id,
        pkcs8: key.export({ type: "pkcs8", format: "der" }).toString("base64"),
      })),
      ...[...this.#secrets].filter(([id]) => id !== but).map(([enroll, secret]) => ({ enroll, secret })),
      ...[...this.#erasing].filter((id) => id !== but).map((erase) => ({ erase })),
      ...[...this.#erased].map(([erased, { at, count }]) => ({ erased, at, count })),
      instead,
    ];
  }

  /** A new key for receipts, which the one before vouches for. */
  rotateKey(): Promise<void> {
    const { privateKey } = generateKeyPairSync("ed25519");
    const pkcs8 = privateKey.export({ type: "pkcs8", format: "der" }).toString("base64");
    return this.#exclusively(() => this.#append({ key: `k${this.#keys.length + 1}`, pkcs8 }));
  }

  /** The newest first. */
  get keys(): readonly ReceiptKey[] {
    return this.#keys.toReversed();
  }

  /** A digest that nobody can compare with guesses: with a key of this server's own. */
  digestOf(text: string): string {
    const oldest = this.#keys[0]?.private.export({ type: "pkcs8", format: "der" }) ?? "";
    return createHmac("sha256", createHash("sha256").update("nexus bad row").update(oldest).digest())
      .update(text)
      .digest("hex");
  }

  /** A text, signed by the newest key, as the answer has it. */
  signed(content: object): string {
    const [key] = this.keys;
    if (key === undefined) throw new Error("there is no key for receipts");
    const receipt = JSON.stringify(content);
    return JSON.stringify({
      receipt,
      key_id: key.id,
      signature: sign(null, Buffer.from(receipt), key.private).toString("base64"),
    });
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }
}
