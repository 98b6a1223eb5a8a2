/**
 * Proof of work for enrolments on a server without tokens (Hashcash): a nonce for which SHA-256 of
 * the request's signature and the nonce starts with a number of zero bits. The signature covers
 * pseudonym, secret and time, so a proof cannot be reused.
 */
import { hash } from "node:crypto";

export const proofHeader = "nexus-proof";
export const proofBitsHeader = "nexus-proof-bits";

export function proofHolds(signature: string, nonce: unknown, bits: number): boolean {
  if (typeof nonce !== "string" || !/^[0-9a-z]{1,16}$/.test(nonce)) return false;
  return leadingZeros(hash("sha256", `${signature}:${nonce}`, "buffer")) >= bits;
}

function leadingZeros(digest: Buffer): number {
  const first = digest.readUInt32BE(0);
  return first === 0 ? 32 : Math.clz32(first);
}
