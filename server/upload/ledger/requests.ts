/** One row per request: the entry before it and, if there is one, the entry after it. */
import type { Answered, KeyPinned, LedgerRow, Sending } from "./ledger.ts";

export interface LedgerRequest {
  /** Number of the entry `sending`, or of the pinned key. */
  readonly seq: number;
  readonly entry: Sending | KeyPinned;
  /** Number of the entry `answered`. */
  readonly answerSeq: number | null;
  /** `null` while there is no answer: the request is under way, or the process ended before one arrived. */
  readonly answer: Answered | null;
  /** Whether the exact body is still stored. */
  readonly body: boolean;
}

const keyOf = ({ kind, host, batch_id: batchId }: Sending | Answered): string => `${kind} ${host} ${batchId}`;

/** Takes rows newest first, as `listEntries` returns them, and returns requests newest first. */
export function requestsIn(rows: readonly LedgerRow[]): readonly LedgerRequest[] {
  const requests: LedgerRequest[] = [];
  const answers = new Map<string, { readonly seq: number; readonly entry: Answered }[]>();
  for (const { seq, entry, body } of rows) {
    if (entry.phase === "answered") {
      const key = keyOf(entry);
      answers.set(key, [...(answers.get(key) ?? []), { seq, entry }]);
      continue;
    }
    // Going back in time, the latest answer found belongs to this request.
    const answer = entry.phase === "sending" ? answers.get(keyOf(entry))?.pop() : undefined;
    requests.push({ seq, entry, body, answerSeq: answer?.seq ?? null, answer: answer?.entry ?? null });
  }
  return requests;
}
