/** Exit codes of the command, and the errors that select them. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  notNow: 3,
  /** 128 + the signal's number, as in shells. */
  interrupted: 130,
  brokenPipe: 141,
} as const;

/** The arguments are invalid; the message says what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The request is not possible now because recording is off. */
export class UnavailableError extends Error {
  override readonly name = "UnavailableError";
}

/** A failure whose message already says why and what to do, so that it is not explained again. */
export class ReportedError extends Error {
  override readonly name = "ReportedError";
}

/** The user pressed Ctrl+C. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}
