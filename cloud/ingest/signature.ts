/**
 * Verifies request signatures (Standard Webhooks): HMAC-SHA-256 of `id.timestamp.body` and a recent
 * timestamp.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";

/** Maximum clock difference in seconds. */
export const skewSeconds = 5 * 60;

export interface SignedHeaders {
  readonly id: string;
  readonly timestamp: string;
  readonly signature: string;
}

export function signedHeadersOf({ headers }: FastifyRequest): SignedHeaders {
  const text = (name: string) => String(headers[name] ?? "");
  return { id: text("webhook-id"), timestamp: text("webhook-timestamp"), signature: text("webhook-signature") };
}

export function isOnTime({ timestamp }: SignedHeaders, nowMs: number): boolean {
  const seconds = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : Number.NaN;
  return Math.abs(nowMs / 1_000 - seconds) <= skewSeconds;
}

export function signatureHolds({ id, timestamp, signature }: SignedHeaders, body: Buffer, secret: Buffer): boolean {
  const mac = createHmac("sha256", secret).update(`${id}.${timestamp}.`).update(body).digest();
  const received = Buffer.from(signature.replace(/^v1,/, ""), "base64");
  return received.length === mac.length && timingSafeEqual(received, mac);
}
