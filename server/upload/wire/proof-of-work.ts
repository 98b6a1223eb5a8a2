/**
 * Proof of work for an enrolment on a server without tokens (Hashcash): a nonce for which SHA-256 of the request's signature and the nonce begins
 * with a given number of zero bits. 16 bits take a laptop about 0.1 s.
 */
import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";

/** A server that wants more, some 10 s of work, is not served. */
export const maxProofBits = 22;
/** Tries between two turns of the event loop. */
const attemptsPerTick = 2_000;

/** @throws the signal's reason. */
export async function proofOf(signature: string, bits: number, signal: AbortSignal): Promise<string> {
  for (let n = 0; ; n += 1) {
    if (n % attemptsPerTick === 0) {
      await nextTurn();
      signal.throwIfAborted();
    }
    const nonce = n.toString(36);
    const first = createHash("sha256").update(`${signature}:${nonce}`).digest().readUInt32BE(0);
    if (first >>> (32 - bits) === 0) return nonce;
  }
}
