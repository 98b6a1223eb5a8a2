/**
 * Signs requests as in Standard Webhooks: HMAC-SHA-256 over `id.timestamp.body` with the
 * pseudonym's secret. Proves only that the sender enrolled this secret and that the request was not
 * modified.
 */
import { createHmac } from "node:crypto";

/**
 * Returns the signature headers. `id`: the batch ID or a random one. `nowMs`: milliseconds since
 * 1970.
 */
export function signatureHeaders(
  id: string,
  nowMs: number,
  body: Uint8Array,
  secretHex: string,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const mac = createHmac("sha256", Buffer.from(secretHex, "hex")).update(`${id}.${timestamp}.`).update(body);
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${mac.digest("base64")}`,
  };
}
