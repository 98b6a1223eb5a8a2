/**
 * The HTTP client's interface. `undici-client.ts` implements it, in a bundle of its own that the
 * first request loads.
 */
export interface HttpRequest {
  readonly method: "POST" | "DELETE" | "GET";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Uncompressed. */
  readonly body: Uint8Array;
  /** Content encodings that the server accepts (RFC 7694). */
  readonly encodings: readonly string[];
}

export interface HttpResponse {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly body: string;
}

export const httpFaults = ["timeout", "name", "unreachable", "proxy", "tls", "pin", "answer", "broken"] as const;
export type HttpFault = (typeof httpFaults)[number];

/** No complete answer arrived. Not an `Error`: `instanceof` fails across the two bundles. */
export interface Failure {
  readonly fault: HttpFault;
}

export interface HttpClient {
  /** @throws only the signal's reason, if that stopped the request. */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse | Failure>;
  close(): Promise<void>;
}
