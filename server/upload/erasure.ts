/**
 * Remote erasure: a request to each server that was sent something, for each pseudonym it was sent under, kept until the server
 * confirms. It is the one message that may leave after sharing was switched off.
 */
import type { Clock } from "../clock.ts";
import { besideOf, type Destination } from "./destination.ts";
import type { Exchange } from "./exchange.ts";
import type { Installation } from "./installation.ts";
import { verifyErasure } from "./receipt.ts";
import { type Change, type Distrust, perform, type Result, type Skew } from "./request.ts";

interface Parts {
  readonly installation: Installation;
  readonly clock: Clock;
  readonly gate: { rule(): { readonly destination: Destination | null } };
  readonly open: (destination: Destination) => Promise<Exchange>;
  readonly change: Change;
  readonly skew: Skew;
  /** The keys with which a server signs its receipts, by their ids; none if it gives none. */
  readonly keysOf: (address: string) => ReadonlyMap<string, string>;
}

export interface Erasures {
  /** The pseudonyms whose erasure was confirmed. */
  readonly erased: readonly string[];
  /** Why one was not, `null` if all were. What fails waits for the next run. */
  readonly reason: string | null;
}

/** @throws the signal's reason where that stopped it; SQLite's error. */
export async function sendErasures(parts: Parts, signal: AbortSignal): Promise<Erasures> {
  const { installation, clock, gate, open, change, skew, keysOf } = parts;
  const erased: string[] = [];
  let reason: string | null = null;
  for (const { identity, destination: url } of installation.wanted()) {
    const host = new URL(url).host;
    const current = gate.rule().destination;
    // Token and pins belong to the address they were given for.
    const destination = current?.url === url ? { ...current, url } : { url, host, pins: [], token: undefined };
    const exchange = await open(destination);
    try {
      const result = await perform(
        { exchange, destination, identity, clock, skew, encodings: [], change },
        {
          kind: "erasure",
          method: "DELETE",
          url: besideOf(destination, `users/${identity.anon_user_id}`),
          body: Buffer.from(JSON.stringify({ anon_user_id: identity.anon_user_id })),
          batchId: null,
          events: 0,
        },
        { distrust: async (answered) => distrust(host, keysOf(url), identity.anon_user_id, answered) },
        signal,
      );
      if (result.outcome !== "accepted") {
        reason = result.reason ?? `${host} did not confirm the erasure (${result.status})`;
        continue;
      }
      installation.erased(identity.anon_user_id, url);
      erased.push(identity.anon_user_id);
    } finally {
      await exchange.close();
    }
  }
  return { erased, reason };
}

/** A server that gives receipts confirms an erasure with one. */
function distrust(
  host: string,
  keys: ReadonlyMap<string, string>,
  anonUserId: string,
  { outcome, signed }: Result,
): Distrust | undefined {
  if (outcome !== "accepted" || keys.size === 0) return undefined;
  const key = signed === undefined ? undefined : keys.get(signed.key_id);
  const receipt = signed === undefined || key === undefined ? undefined : verifyErasure(signed, key);
  if (receipt?.anon_user_id === anonUserId) return undefined;
  return { outcome: "later", reason: `${host} confirmed the erasure without a valid receipt` };
}
