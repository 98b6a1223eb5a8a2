/** A refused request: HTTP status, error code for the client, and response headers. */
import { DecompressError } from "./decompress.ts";

export interface RefusalDetails {
  /** Seconds, for `retry-after`. */
  readonly waitSeconds?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly error: string;
  readonly waitSeconds: number | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, error: string, { waitSeconds, headers = {} }: RefusalDetails = {}) {
    super(error);
    this.status = status;
    this.error = error;
    this.waitSeconds = waitSeconds;
    this.headers = headers;
  }
}

export const busySeconds = 5;

export const malformed = (): Refusal => new Refusal(400, "malformed");
export const unavailable = (): Refusal => new Refusal(503, "unavailable", { waitSeconds: busySeconds });
export const tooMany = (waitSeconds: number): Refusal => new Refusal(429, "too_many", { waitSeconds });
export const erased = (): Refusal => new Refusal(410, "erased");

/**
 * Maps any error to a refusal. Text of foreign errors is dropped, because it may quote the request.
 */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof DecompressError)
    return new Refusal(error.status, error.status === 413 ? "too_large" : "cannot_unpack");
  const status: unknown = Object(error).statusCode;
  if (typeof status !== "number" || status >= 500) return unavailable();
  return status === 413 ? new Refusal(413, "too_large") : malformed();
}
