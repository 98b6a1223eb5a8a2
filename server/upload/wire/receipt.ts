/**
 * What a server signs: that it has received a batch, or erased a user's data. Ed25519 (RFC 8032) over the exact text of the
 * receipt, with a key that is pinned when it is first used.
 */
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import * as z from "zod/mini";

/** As it comes: the text that was signed, by which key, and the signature. */
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

/** The answer's body as a signed receipt; `undefined` where it is none. */
export function readSigned(body: string): SignedReceipt | undefined {
  return signedReceipt.safeParse(tryJson(body)).data;
}

/** A public key of 32 bytes in base64 (RFC 8032) as the library wants it: SPKI (RFC 8410). */
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

/** What was signed; `undefined` where the signature is not that key's, or the text is no receipt. */
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
  /** The older key that vouches for it, over `keyStatement`. */
  signed_by: z.optional(z.object({ key_id: z.string(), signature: z.string() })),
});
const serverKeys = z.object({ keys: z.array(serverKey).check(z.minLength(1), z.maxLength(64)) });
export type ServerKey = z.infer<typeof serverKey>;

/** The answer of `GET …/keys`; `undefined` where it is none. */
export function readKeys(body: string): readonly ServerKey[] | undefined {
  return serverKeys.safeParse(tryJson(body)).data?.keys;
}

/** What an older key signs to vouch for a new one. */
export function keyStatement({ key_id, public_key }: Pick<ServerKey, "key_id" | "public_key">): string {
  return `nexus-receipt-key:${key_id}:${public_key}`;
}

/**
 * The keys to trust: of a server seen for the first time all that it names; later only those that a trusted one signed. Returns
 * the new ones.
 */
export function newlyTrusted(known: ReadonlyMap<string, string>, named: readonly ServerKey[]): readonly ServerKey[] {
  if (known.size === 0) return named;
  const trusted = new Map(known);
  const found: ServerKey[] = [];
  // One may vouch for the next: until nothing is added.
  for (let before = -1; before !== found.length; ) {
    before = found.length;
    for (const key of named) {
      if (trusted.has(key.key_id) || key.signed_by === undefined) continue;
      const older = trusted.get(key.signed_by.key_id);
      if (older === undefined || !signatureHolds(keyStatement(key), key.signed_by.signature, older)) continue;
      trusted.set(key.key_id, key.public_key);
      found.push(key);
    }
  }
  return found;
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
