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

export interface Exchange {
  /** @throws ExchangeError where no whole answer came; the signal's reason where that stopped it. */
  send(outgoing: Outgoing, signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

/** Why no whole answer came, as a sentence for the user. */
export const exchangeFaults = {
  timeout: "the server did not answer in time",
  name: "the name of the server was not found",
  unreachable: "the server cannot be reached",
  tls: "the server's certificate is not valid, or it does not speak TLS 1.3",
  pin: "the server's certificate has none of the pinned keys (upload_pins)",
  answer: "the answer was no usable HTTP",
  broken: "the connection broke off",
} as const;
export type ExchangeFault = keyof typeof exchangeFaults;

export class ExchangeError extends Error {
  override readonly name = "ExchangeError";
  readonly fault: ExchangeFault;

  constructor(fault: ExchangeFault) {
    super(exchangeFaults[fault]);
    this.fault = fault;
  }
}
