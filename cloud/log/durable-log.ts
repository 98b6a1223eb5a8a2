/**
 * The durable log: batches are appended and synced here before they are acknowledged; the pipeline
 * reads them from its checkpoint. Implementations: files (`segments.ts`) and Kafka (`kafka.ts`).
 * The contract is tested in `contract.test.ts`.
 */

/**
 * A position in the log; the next record starts there. Its keys depend on the implementation;
 * stored as JSON.
 */
export type LogPosition = Readonly<Record<string, number>>;

export interface LogRecord {
  /** Empty: an unacknowledged record whose key was destroyed. */
  readonly text: string;
  readonly next: LogPosition;
}

export interface DurableLog {
  /** Random ID of the log; positions are valid only with it. Letters, digits and hyphens. */
  readonly id: string;
  /**
   * Resolves once the record is durable. Keeps the order per key.
   * @throws if it could not be stored; may be retried.
   */
  append(key: string, text: string): Promise<void>;
  /** Position of the first record that was not dropped. */
  beginning(): LogPosition;
  /** Position after the last record. */
  end(): LogPosition;
  /**
   * Reads durable records from `from` up to `before`, about `maxChars` characters.
   * @throws CorruptLogError
   */
  read(from: LogPosition, maxChars: number, before?: LogPosition): Promise<readonly LogRecord[]>;
  /** Resolves when there is a record after the position, or when the signal aborts. */
  waitAfter(position: LogPosition, signal: AbortSignal): Promise<void>;
  /** Bytes from the position to the end: exact if 0, otherwise possibly an estimate. */
  bytesAfter(position: LogPosition): number;
  /**
   * Returns a position after all records appended so far, before which they can be dropped
   * completely.
   */
  rotate(): Promise<LogPosition>;
  /**
   * Drops records before the position as far as the implementation can (whole segments, whole
   * keys).
   */
  dropBefore(position: LogPosition): Promise<void>;
  /** @throws if a record could not be appended now. */
  probe(): Promise<void>;
  close(): Promise<void>;
}

/** The log is damaged or not the expected one. The message says where. */
export class CorruptLogError extends Error {
  override readonly name = "CorruptLogError";
}
