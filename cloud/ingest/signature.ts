/** Whether a request comes from who enrolled, unchanged and now: Standard Webhooks, HMAC-SHA-256 over `id.timestamp.body`. */
import { createHmac, timingSafeEqual } from "node:crypto";

/** Seconds of difference that are taken. */
export const skewSeconds = 5 * 60;

export interface SignedHeaders {
  readonly id: string;
  readonly timestamp: string;
  readonly signature: string;
}

export function checkSignature(
  { id, timestamp, signature }: SignedHeaders,
  body: Buffer,
  secret: Buffer,
  nowMs: number,
): "holds" | "wrong" | "clock_skew" {
  const seconds = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : Number.NaN;
  if (!(Math.abs(nowMs / 1_000 - seconds) <= skewSeconds)) return "clock_skew";
  const mac = createHmac("sha256", secret).update(`${id}.${timestamp}.`).update(body).digest();
  const given = Buffer.from(signature.replace(/^v1,/, ""), "base64");
  return given.length === mac.length && timingSafeEqual(given, mac) ? "holds" : "wrong";
}
