/**
 * Remote erasure: a request to each server that was sent something, for each pseudonym it was sent under, kept until the server
 * confirms. It is the one message that may leave after sharing was switched off.
 */
import type { Clock } from "../clock.ts";
import { besideOf, type Destination } from "./destination.ts";
import type { Exchange } from "./exchange.ts";
import type { Installation } from "./installation.ts";
import { type Change, perform, type Skew } from "./request.ts";

interface Parts {
  readonly installation: Installation;
  readonly clock: Clock;
  readonly gate: { rule(): { readonly destination: Destination | null } };
  readonly open: (destination: Destination) => Promise<Exchange>;
  readonly change: Change;
  readonly skew: Skew;
}

/** Returns the pseudonymous ids whose erasure was confirmed. What fails waits for the next run. */
export async function sendErasures(parts: Parts, signal: AbortSignal): Promise<readonly string[]> {
  const { installation, clock, gate, open, change, skew } = parts;
  const confirmed: string[] = [];
  for (const { identity, destination: url } of installation.wanted()) {
    const host = new URL(url).host;
    const current = gate.rule().destination;
    // Token and pins belong to the server they were given for.
    const destination = current?.host === host ? { ...current, url } : { url, host, pins: [], token: undefined };
    const exchange = await open(destination);
    try {
      const { outcome } = await perform(
        { exchange, destination, identity, clock, skew, encodings: [], change },
        {
          kind: "erasure",
          method: "DELETE",
          url: besideOf(destination, `users/${identity.anon_user_id}`),
          body: Buffer.from(JSON.stringify({ anon_user_id: identity.anon_user_id })),
          batchId: null,
          events: 0,
        },
        {},
        signal,
      );
      if (outcome !== "accepted" && outcome !== "already_received") continue;
      installation.erased(identity.anon_user_id, url);
      confirmed.push(identity.anon_user_id);
    } finally {
      await exchange.close();
    }
  }
  return confirmed;
}
