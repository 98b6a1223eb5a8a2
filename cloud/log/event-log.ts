/** The event log: what was accepted, in order, durable before anybody is told so; the warehouse reads it on from where it stands. */

/** A place in the log; the next record to be read begins there. */
export interface Place {
  readonly segment: number;
  readonly offset: number;
}

export interface LogRecord {
  readonly text: string;
  /** Where the next one begins. */
  readonly next: Place;
}

export interface EventLog {
  /** Resolves once the record is durable. @throws where it cannot be. */
  append(text: string): Promise<void>;
  /** Records from a place on that are durable, at most so many characters of them; empty where there is none yet. */
  read(from: Place, mostChars: number): Promise<readonly LogRecord[]>;
  /** Resolves when something was appended after a place, or at once where something is there. */
  waitAfter(place: Place, signal: AbortSignal): Promise<void>;
  /** Bytes from a place to the end. */
  bytesAfter(place: Place): number;
  /** The end: a record appended next begins there. */
  end(): Place;
  /** Begins a new segment, so that all before it can be dropped. */
  rotate(): Promise<void>;
  /** Drops whole segments before a place. */
  dropBefore(place: Place): Promise<void>;
  close(): Promise<void>;
}
