/** A request and its answer, as the uploader sees them. `transport.ts` makes them real. */
export interface Outgoing {
  readonly method: "POST" | "DELETE" | "GET";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The exact, uncompressed bytes. */
  readonly body: Uint8Array;
  /** What the server said it can unpack. */
  readonly encodings: readonly string[];
}

export interface Answer {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly body: string;
}

/** Why no whole answer came. */
export const exchangeFaults = ["timeout", "name", "unreachable", "proxy", "tls", "pin", "answer", "broken"] as const;
export type ExchangeFault = (typeof exchangeFaults)[number];

/** No whole answer came. A value and not an error: the transport is a bundle of its own, with classes of its own. */
export interface Failure {
  readonly fault: ExchangeFault;
}

export interface Exchange {
  /** @throws only the signal's reason, where that stopped it. */
  send(outgoing: Outgoing, signal: AbortSignal): Promise<Answer | Failure>;
  close(): Promise<void>;
}
