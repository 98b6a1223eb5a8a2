/**
 * A record of the durable log: an accepted batch. Line 1 is its head as JSON; each further line is
 * a warehouse row.
 */

import type { Hour } from "../hours.ts";
import type { RefusedEvent } from "../privacy/filter.ts";

export interface BatchHead {
  readonly batch_id: string;
  readonly anon_user_id: string;
  readonly sha256: string;
  /** The response, byte for byte. */
  readonly receipt: string;
  /** Milliseconds since 1970. */
  readonly received_ms: number;
  /** The hours of its events. */
  readonly hours: readonly Hour[];
  /** The columns that have values in its lines. */
  readonly columns: readonly string[];
  /**
   * Reason and digest of each refused event; never its content. The digest identifies repetitions.
   */
  readonly refused: readonly RefusedRow[];
}

export interface RefusedRow extends RefusedEvent {
  /** HMAC-SHA-256 with a secret key of this server. */
  readonly digest: string;
}

export interface BatchRecord {
  readonly head: BatchHead;
  readonly lines: readonly string[];
}

export const recordText = ({ head, lines }: BatchRecord): string => [JSON.stringify(head), ...lines].join("\n");

export function readRecord(text: string): BatchRecord {
  const [head = "", ...lines] = text.split("\n");
  return { head: JSON.parse(head), lines };
}
