/** A record of the log: a batch as it was accepted; its head as a line of JSON, and then each event as the line that the warehouse takes. */

import type { Hour } from "../hours.ts";
import type { RefusedEvent } from "../privacy/filter.ts";

export interface BatchHead {
  readonly batch_id: string;
  readonly anon_user_id: string;
  readonly sha256: string;
  /** The answer that was given, byte for byte. */
  readonly receipt: string;
  /** Milliseconds since 1970. */
  readonly received_ms: number;
  /** In which hours its events lie. */
  readonly hours: readonly Hour[];
  /** Which columns its lines have values of. */
  readonly columns: readonly string[];
  /** Of each event that was refused why, and a digest by which repeats are known; nothing of itself. */
  readonly refused: readonly RefusedRow[];
}

export interface RefusedRow extends RefusedEvent {
  /** HMAC-SHA-256 with a key of the server's own. */
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
