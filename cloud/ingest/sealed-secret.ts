/**
 * A secret encrypted under the pseudonym it belongs to (AES-256-GCM, NIST SP 800-38D; HKDF, RFC 5869). After an erasure neither the
 * pseudonym nor the secret is on a disk; a request that names the pseudonym and is signed with its secret can still be verified.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

const [ivBytes, tagBytes] = [12, 16];
const cipher = "aes-256-gcm";

const keyOf = (anonUserId: string): Buffer =>
  Buffer.from(hkdfSync("sha256", anonUserId, "", "nexus erased installation", 32));

/** Base64 of IV, tag and ciphertext. */
export function encryptSecret(anonUserId: string, secret: Buffer): string {
  const iv = randomBytes(ivBytes);
  const sealing = createCipheriv(cipher, keyOf(anonUserId), iv);
  const encrypted = Buffer.concat([sealing.update(secret), sealing.final()]);
  return Buffer.concat([iv, sealing.getAuthTag(), encrypted]).toString("base64");
}

/** @throws Error if it was sealed under another pseudonym, or is damaged. */
export function openSecret(anonUserId: string, sealed: string): Buffer {
  const bytes = Buffer.from(sealed, "base64");
  const opening = createDecipheriv(cipher, keyOf(anonUserId), bytes.subarray(0, ivBytes), { authTagLength: tagBytes });
  opening.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
  return Buffer.concat([opening.update(bytes.subarray(ivBytes + tagBytes)), opening.final()]);
}
