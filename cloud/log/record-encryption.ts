/**
 * Seals records for a log on machines of others: packed (zstd) and encrypted (AES-256-GCM, NIST SP 800-38D) with a key that only this server has. A
 * broker keeps what was deleted for a while; once its key is gone, nobody can read it.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { zstdCompress, zstdDecompress } from "node:zlib";
import { readJsonFile, writeAtomically } from "../atomic-file.ts";
import { CorruptLogError, type LogPosition } from "./durable-log.ts";

const [pack, unpack] = [promisify(zstdCompress), promisify(zstdDecompress)];

const [idBytes, ivBytes, tagBytes] = [8, 12, 16];
const cipher = "aes-256-gcm";

interface Key {
  /** 16 digits of hex, random: a record of another server is known by it. */
  readonly id: string;
  /** Base64; without it: it was forgotten. */
  readonly key?: string;
  /** Before which place all of its records lie; of the newest not known yet. */
  readonly until?: LogPosition;
}

/** So many forgotten ones are still known by their ids. */
const maxForgottenKeys = 10_000;

const newKey = () => ({ id: randomBytes(idBytes).toString("hex"), key: randomBytes(32).toString("base64") });

export const compress = (text: string): Promise<Buffer> => pack(Buffer.from(text));

export class RecordEncryption {
  readonly #path: string;
  #keys: readonly Key[];

  private constructor(path: string, keys: readonly Key[]) {
    this.#path = path;
    this.#keys = keys;
  }

  /** Keys are kept in a file of their own. @throws the file system's error; Error where the file is damaged. */
  static async open(path: string): Promise<RecordEncryption> {
    const known = (readJsonFile(path) ?? []) as readonly Key[];
    const encryption = new RecordEncryption(path, known);
    if (known.length === 0) await encryption.#keep([newKey()]);
    return encryption;
  }

  async #keep(keys: readonly Key[]): Promise<void> {
    await writeAtomically(this.#path, JSON.stringify(keys));
    this.#keys = keys;
  }

  get #newest(): Key {
    const key = this.#keys.at(-1);
    if (key === undefined) throw new Error("there is no key for the log");
    return key;
  }

  /** The id of the key, the initialization vector, the tag, and what was packed, encrypted. */
  encrypt(content: Buffer): Buffer {
    const { id, key = "" } = this.#newest;
    const iv = randomBytes(ivBytes);
    const one = createCipheriv(cipher, Buffer.from(key, "base64"), iv);
    const encrypted = Buffer.concat([one.update(content), one.final()]);
    return Buffer.concat([Buffer.from(id, "hex"), iv, one.getAuthTag(), encrypted]);
  }

  /**
   * What was sealed; empty where its key was forgotten: whatever was acknowledged under that key was put away before, so that this is a writing that
   * seemed to fail, came through late, and was repeated by its sender. @throws DamagedLogError where it was sealed with a key that was never here, or
   * is not what was sealed.
   */
  async decrypt(record: Buffer): Promise<string> {
    const id = record.subarray(0, idBytes).toString("hex");
    const known = this.#keys.find((one) => one.id === id);
    if (known !== undefined && known.key === undefined) return "";
    const key = known?.key;
    if (key === undefined) {
      throw new CorruptLogError(
        `a record was sealed with a key that ${this.#path} does not have: another server writes to this topic, or the file is another one`,
      );
    }
    const at = idBytes + ivBytes;
    const one = createDecipheriv(cipher, Buffer.from(key, "base64"), record.subarray(idBytes, at), {
      authTagLength: tagBytes,
    });
    one.setAuthTag(record.subarray(at, at + tagBytes));
    try {
      const content = Buffer.concat([one.update(record.subarray(at + tagBytes)), one.final()]);
      return (await unpack(content)).toString("utf8");
    } catch {
      throw new CorruptLogError("a record is not what was sealed");
    }
  }

  /** From here on another key seals; what the one before sealed lies before a place. */
  rotateKey(until: LogPosition): Promise<void> {
    return this.#keep([...this.#keys.slice(0, -1), { ...this.#newest, until }, newKey()]);
  }

  /** Forgets keys whose records all lie before a place. */
  async forgetBefore(position: LogPosition): Promise<void> {
    const isOver = ({ key, until }: Key) =>
      key !== undefined &&
      until !== undefined &&
      Object.entries(until).every(([part, offset]) => (position[part] ?? 0) >= offset);
    if (!this.#keys.some(isOver)) return;
    const now = this.#keys.map((one): Key => (isOver(one) ? { id: one.id } : one));
    const forgotten = now.filter(({ key }) => key === undefined).slice(-maxForgottenKeys);
    await this.#keep([...forgotten, ...now.filter(({ key }) => key !== undefined)]);
  }
}
