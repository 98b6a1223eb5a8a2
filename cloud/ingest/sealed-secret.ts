/**
 * Encrypts a secret under its pseudonym (AES-256-GCM, NIST SP 800-38D; HKDF, RFC 5869). After an
 * erasure neither is readable on disk, but a request that names the pseudonym and is signed with
 * its secret can still be verified.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

const [ivBytes, tagBytes] = [12, 16];
const cipher = "aes-256-gcm";

const keyOf = (anonUserId: string): Buffer =>
  Buffer.from(hkdfSync("sha256", anonUserId, "", "nexus erased installation", 32));

/** Returns Base64 of IV, tag and ciphertext. */
export function encryptSecret(anonUserId: string, secret: Buffer): string {
  const iv = randomBytes(ivBytes);
  const encryption = createCipheriv(cipher, keyOf(anonUserId), iv);
  const encrypted = Buffer.concat([encryption.update(secret), encryption.final()]);
  return Buffer.concat([iv, encryption.getAuthTag(), encrypted]).toString("base64");
}

/** Decrypts a secret. @throws Error if it belongs to another pseudonym or is damaged. */
export function openSecret(anonUserId: string, encrypted: string): Buffer {
  const bytes = Buffer.from(encrypted, "base64");
  const iv = bytes.subarray(0, ivBytes);
  const decryption = createDecipheriv(cipher, keyOf(anonUserId), iv, { authTagLength: tagBytes });
  decryption.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
  return Buffer.concat([decryption.update(bytes.subarray(ivBytes + tagBytes)), decryption.final()]);
}
