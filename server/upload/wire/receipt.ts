/**
 * Verifies receipts: a server's signed confirmation of a batch or an erasure. Ed25519 (RFC 8032)
 * over the exact text of the receipt, with keys that are pinned on first use. Stores nothing.
 */
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import * as z from "zod/mini";

const signedReceipt = z.strictObject({
  /** JSON; signed byte for byte. */
  receipt: z.string().check(z.maxLength(4_096)),
  key_id: z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/)),
  /** Base64, 64 bytes. */
  signature: z.string().check(z.regex(/^[A-Za-z0-9+/]{86}==$/)),
});
export type SignedReceipt = z.infer<typeof signedReceipt>;

const batchReceipt = z.object({
  batch_id: z.uuid(),
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  accepted: z.int().check(z.minimum(0)),
  duplicates: z.int().check(z.minimum(0)),
  rejected: z.int().check(z.minimum(0)),
  /** Milliseconds since 1970. */
  received_at: z.int(),
});
export type Receipt = z.infer<typeof batchReceipt>;

const erasureReceipt = z.object({
  anon_user_id: z.uuid(),
  erased: z.int().check(z.minimum(0)),
  /** Milliseconds since 1970. */
  erased_at: z.int(),
});
export type ErasureReceipt = z.infer<typeof erasureReceipt>;

/**
 * Returns the signed receipt in an answer's body; `undefined` if there is none. Verifies nothing.
 */
export function readSigned(body: string): SignedReceipt | undefined {
  return signedReceipt.safeParse(tryJson(body)).data;
}

/** Wraps a raw 32-byte public key in SPKI (RFC 8410), the form that `node:crypto` accepts. */
function keyOf(publicKey: string): KeyObject | undefined {
  const raw = Buffer.from(publicKey, "base64");
  if (raw.length !== 32) return undefined;
  const prefix = Buffer.from("302a300506032b6570032100", "hex");
  return createPublicKey({ key: Buffer.concat([prefix, raw]), format: "der", type: "spki" });
}

export function signatureHolds(text: string, signature: string, publicKey: string): boolean {
  const key = keyOf(publicKey);
  return key !== undefined && verify(null, Buffer.from(text), key, Buffer.from(signature, "base64"));
}

/**
 * Returns the receipt; `undefined` if the signature is not this key's or the text is not a receipt.
 */
export function verifyReceipt({ receipt, signature }: SignedReceipt, publicKey: string): Receipt | undefined {
  return signatureHolds(receipt, signature, publicKey) ? batchReceipt.safeParse(tryJson(receipt)).data : undefined;
}

export function verifyErasure({ receipt, signature }: SignedReceipt, publicKey: string): ErasureReceipt | undefined {
  return signatureHolds(receipt, signature, publicKey) ? erasureReceipt.safeParse(tryJson(receipt)).data : undefined;
}

const serverKey = z.object({
  key_id: z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/)),
  /** Base64, 32 bytes. */
  public_key: z.string().check(z.regex(/^[A-Za-z0-9+/]{43}=$/)),
  /** A signature over `keyStatement` by an older key. */
  signed_by: z.optional(z.object({ key_id: z.string(), signature: z.string() })),
});
const serverKeys = z.object({ keys: z.array(serverKey).check(z.minLength(1), z.maxLength(64)) });
export type ServerKey = z.infer<typeof serverKey>;

/** Returns the keys in an answer to `GET …/keys`; `undefined` if it has another form. */
export function readKeys(body: string): readonly ServerKey[] | undefined {
  return serverKeys.safeParse(tryJson(body)).data?.keys;
}

/** Returns the text that an older key signs to make a new one trusted. */
export function keyStatement({ key_id, public_key }: Pick<ServerKey, "key_id" | "public_key">): string {
  return `nexus-receipt-key:${key_id}:${public_key}`;
}

/**
 * Returns the keys that become trusted: all of them if none is known yet (trust on first use),
 * otherwise only those that a trusted key signed.
 */
export function newlyTrusted(known: ReadonlyMap<string, string>, offered: readonly ServerKey[]): readonly ServerKey[] {
  if (known.size === 0) return offered;
  const trusted = new Map(known);
  const added: ServerKey[] = [];
  // A new key may sign the next one: repeat until nothing is added.
  for (let before = -1; before !== added.length; ) {
    before = added.length;
    for (const key of offered) {
      if (trusted.has(key.key_id) || key.signed_by === undefined) continue;
      const older = trusted.get(key.signed_by.key_id);
      if (older === undefined || !signatureHolds(keyStatement(key), key.signed_by.signature, older)) continue;
      trusted.set(key.key_id, key.public_key);
      added.push(key);
    }
  }
  return added;
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
