/**
 * The Ed25519 keys (RFC 8032) that sign receipts. Each key is signed by its predecessor; none is
 * ever deleted.
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
import type { Postgres } from "../aggregates/postgres.ts";

export interface ReceiptKey {
  readonly id: string;
  readonly private: KeyObject;
  /** 32 bytes, Base64. */
  readonly public: string;
  /** The previous key and its signature of this one. */
  readonly signedBy: { readonly key_id: string; readonly signature: string } | undefined;
}

interface KeyRow {
  readonly n: number;
  readonly id: string;
  readonly pkcs8: string;
}

/** `docs/reference/wire-protocol.md`, "Receipts". */
const keyStatement = (id: string, publicKey: string): string => `nexus-receipt-key:${id}:${publicKey}`;

export class ReceiptKeys {
  readonly #postgres: Postgres;
  /** Oldest first. */
  #keys: readonly ReceiptKey[] = [];

  private constructor(postgres: Postgres) {
    this.#postgres = postgres;
  }

  /** Reads the keys, or creates the first one. @throws the database's error. */
  static async open(postgres: Postgres): Promise<ReceiptKeys> {
    const keys = new ReceiptKeys(postgres);
    await keys.#load();
    if (keys.#keys.length === 0) await keys.rotate();
    return keys;
  }

  async #load(): Promise<void> {
    const rows = await this.#postgres.query<KeyRow>("SELECT n, id, pkcs8 FROM receipt_keys ORDER BY n", []);
    this.#keys = [];
    for (const { id, pkcs8 } of rows) this.#add(id, pkcs8);
  }

  /**
   * Creates a key, signed by the previous one, that signs from now on. Returns its ID.
   * @throws the database's error.
   */
  async rotate(): Promise<string> {
    const { privateKey } = generateKeyPairSync("ed25519");
    const pkcs8 = privateKey.export({ type: "pkcs8", format: "der" }).toString("base64");
    // Numbered in SQL: an earlier attempt may have been stored although its response was lost.
    await this.#postgres.query(
      `INSERT INTO receipt_keys (n, id, pkcs8)
       SELECT coalesce(max(n), 0) + 1, 'k' || coalesce(max(n), 0) + 1, $1 FROM receipt_keys`,
      [pkcs8],
    );
    await this.#load();
    return this.#keys.at(-1)?.id ?? "";
  }

  #add(id: string, pkcs8: string): void {
    const key = createPrivateKey({ key: Buffer.from(pkcs8, "base64"), format: "der", type: "pkcs8" });
    const raw = createPublicKey(key).export({ type: "spki", format: "der" }).subarray(-32).toString("base64");
    const previous = this.#keys.at(-1);
    const signedBy =
      previous === undefined
        ? undefined
        : {
            key_id: previous.id,
            signature: sign(null, Buffer.from(keyStatement(id, raw)), previous.private).toString("base64"),
          };
    this.#keys = [...this.#keys, { id, private: key, public: raw, signedBy }];
  }

  /** Newest first. */
  get all(): readonly ReceiptKey[] {
    return this.#keys.toReversed();
  }

  /** Returns a digest keyed with a secret of this server, so that guesses cannot be verified. */
  refusalDigest(text: string): string {
    const oldest = this.#keys[0]?.private.export({ type: "pkcs8", format: "der" }) ?? "";
    return createHmac("sha256", createHash("sha256").update("nexus bad row").update(oldest).digest())
      .update(text)
      .digest("hex");
  }

  /** Returns the receipt as JSON with the newest key's signature of its exact text. */
  signed(content: object): string {
    const key = this.#keys.at(-1);
    if (key === undefined) throw new Error("no receipt key");
    const receipt = JSON.stringify(content);
    return JSON.stringify({
      receipt,
      key_id: key.id,
      signature: sign(null, Buffer.from(receipt), key.private).toString("base64"),
    });
  }
}
