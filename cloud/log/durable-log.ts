/**
 * The event log: what was accepted, durable before anybody is told so; the warehouse reads it on from where it stands. Two forms: files of this
 * machine (`segments.ts`) and Kafka (`kafka.ts`). What holds for both is in `contract.test.ts`.
 */

/** A place in the log, as its form writes it; the next record to be read begins there. Kept as JSON. */
export type LogPosition = Readonly<Record<string, number>>;

export interface LogRecord {
  /** Empty: one that nobody was told of, and that was forgotten. */
  readonly text: string;
  /** Where the next one begins. */
  readonly next: LogPosition;
}

export interface DurableLog {
  /** Made with the log, at random: of another one nothing that is known of this one holds. Letters, digits and hyphens. */
  readonly id: string;
  /** Resolves once the record is durable. Records with the same key stay in order. @throws where it cannot be: then it may be appended once more. */
  append(key: string, text: string): Promise<void>;
  /** Where the first record is that was not dropped. */
  beginning(): LogPosition;
  /** The end: what is appended from now on lies after it. */
  end(): LogPosition;
  /** Durable records from a place on and before another, at most so many characters of them; empty where there is none. @throws DamagedLogError */
  read(from: LogPosition, maxChars: number, before?: LogPosition): Promise<readonly LogRecord[]>;
  /** Resolves when something was appended after a place, or at once where something is there. */
  waitAfter(position: LogPosition, signal: AbortSignal): Promise<void>;
  /** Bytes from a place to the end; 0 where there is none, else as near as the form knows. */
  bytesAfter(position: LogPosition): number;
  /** Begins anew: all that was appended until now lies before the place that it returns, and can be dropped without a trace. */
  rotate(): Promise<LogPosition>;
  /** Says that all before a place was put away: it is dropped when the form can drop it. */
  dropBefore(position: LogPosition): Promise<void>;
  /** @throws where a record could not be appended now. */
  probe(): Promise<void>;
  close(): Promise<void>;
}

/** The log is damaged: where. */
export class CorruptLogError extends Error {
  override readonly name = "DamagedLogError";
}
