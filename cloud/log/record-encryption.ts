/**
 * Encrypts records for a log on foreign machines: zstd, then AES-256-GCM (NIST SP 800-38D) with a
 * key that only this server has. Brokers keep deleted records for a while; destroying the key makes
 * them unreadable at once.
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
  /** 16 random hex digits; they identify records of another server. */
  readonly id: string;
  /** Base64; missing if the key was destroyed. */
  readonly key?: string;
  /** Position after its last record; missing for the newest key. */
  readonly until?: LogPosition;
}

/** Destroyed keys whose IDs are kept. */
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

  /**
   * Reads the key file or creates it.
   * @throws the file system's error; Error if the file is damaged.
   */
  static async open(path: string): Promise<RecordEncryption> {
    const known = (readJsonFile(path) ?? []) as readonly Key[];
    const encryption = new RecordEncryption(path, known);
    if (known.length === 0) await encryption.#save([newKey()]);
    return encryption;
  }

  async #save(keys: readonly Key[]): Promise<void> {
    await writeAtomically(this.#path, JSON.stringify(keys));
    this.#keys = keys;
  }

  get #newest(): Key {
    const key = this.#keys.at(-1);
    if (key === undefined) throw new Error("no encryption key for the log");
    return key;
  }

  /** Returns key ID, initialization vector, tag and ciphertext. */
  encrypt(content: Buffer): Buffer {
    const { id, key = "" } = this.#newest;
    const iv = randomBytes(ivBytes);
    const encryption = createCipheriv(cipher, Buffer.from(key, "base64"), iv);
    const encrypted = Buffer.concat([encryption.update(content), encryption.final()]);
    return Buffer.concat([Buffer.from(id, "hex"), iv, encryption.getAuthTag(), encrypted]);
  }

  /**
   * Decrypts a record. Returns "" if its key was destroyed: all acknowledged records of that key
   * were processed before, so this one is a late write that its client repeated.
   * @throws CorruptLogError if the key is unknown or the record was modified.
   */
  async decrypt(record: Buffer): Promise<string> {
    const id = record.subarray(0, idBytes).toString("hex");
    const known = this.#keys.find((candidate) => candidate.id === id);
    if (known !== undefined && known.key === undefined) return "";
    const key = known?.key;
    if (key === undefined) {
      throw new CorruptLogError(
        `record encrypted with an unknown key: another server writes to this topic, or ${this.#path} was replaced`,
      );
    }
    const at = idBytes + ivBytes;
    const decryption = createDecipheriv(cipher, Buffer.from(key, "base64"), record.subarray(idBytes, at), {
      authTagLength: tagBytes,
    });
    decryption.setAuthTag(record.subarray(at, at + tagBytes));
    try {
      const content = Buffer.concat([decryption.update(record.subarray(at + tagBytes)), decryption.final()]);
      return (await unpack(content)).toString("utf8");
    } catch {
      throw new CorruptLogError("record modified or damaged");
    }
  }

  /** Starts a new key. All records of the previous one are before `until`. */
  rotateKey(until: LogPosition): Promise<void> {
    return this.#save([...this.#keys.slice(0, -1), { ...this.#newest, until }, newKey()]);
  }

  /** Destroys keys whose records are all before the position. */
  async forgetBefore(position: LogPosition): Promise<void> {
    const isOver = ({ key, until }: Key) =>
      key !== undefined &&
      until !== undefined &&
      Object.entries(until).every(([part, offset]) => (position[part] ?? 0) >= offset);
    if (!this.#keys.some(isOver)) return;
    const keys = this.#keys.map((key): Key => (isOver(key) ? { id: key.id } : key));
    const forgotten = keys.filter(({ key }) => key === undefined).slice(-maxForgottenKeys);
    await this.#save([...forgotten, ...keys.filter(({ key }) => key !== undefined)]);
  }
}
