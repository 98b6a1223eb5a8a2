/**
 * Signs a request in the form of Standard Webhooks: HMAC-SHA-256 over `id.timestamp.body`, with the secret of this
 * installation. It shows that a request comes from who enrolled the secret and was not changed, and no more than that.
 */
import { createHmac } from "node:crypto";

/** `id`: the batch's, or a random one. `nowMs`: milliseconds since 1970; the header has seconds. */
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
