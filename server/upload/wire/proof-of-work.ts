/**
 * Proof of work for an enrolment on a server without tokens (Hashcash): a nonce such that SHA-256
 * of the request's signature and the nonce starts with the demanded number of zero bits. 16 bits
 * take about 0.1 s on a laptop.
 */
import { createHash } from "node:crypto";
import { setImmediate as yieldToEventLoop } from "node:timers/promises";

/** About 10 s of work. A server that demands more gets no proof. */
export const maxProofBits = 22;
/** Attempts between two turns of the event loop. */
const attemptsPerTick = 2_000;

/** Returns the first nonce that fulfils the demand. @throws the signal's reason. */
export async function proofOf(signature: string, bits: number, signal: AbortSignal): Promise<string> {
  for (let n = 0; ; n += 1) {
    if (n % attemptsPerTick === 0) {
      await yieldToEventLoop();
      signal.throwIfAborted();
    }
    const nonce = n.toString(36);
    const firstWord = createHash("sha256").update(`${signature}:${nonce}`).digest().readUInt32BE(0);
    if (firstWord >>> (32 - bits) === 0) return nonce;
  }
}
