/** A request and its answer, as the uploader sees them. `transport.ts` makes them real. */
export interface HttpRequest {
  readonly method: "POST" | "DELETE" | "GET";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The exact, uncompressed bytes. */
  readonly body: Uint8Array;
  /** What the server said it can unpack. */
  readonly encodings: readonly string[];
}

export interface HttpResponse {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly body: string;
}

/** Why no whole answer came. */
export const httpFaults = ["timeout", "name", "unreachable", "proxy", "tls", "pin", "answer", "broken"] as const;
export type HttpFault = (typeof httpFaults)[number];

/** No whole answer came. A value and not an error: the transport is a bundle of its own, with classes of its own. */
export interface Failure {
  readonly fault: HttpFault;
}

export interface HttpClient {
  /** @throws only the signal's reason, where that stopped it. */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse | Failure>;
  close(): Promise<void>;
}
