/** How the command ends. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  notNow: 3,
  /** 128 and the number of the signal, as shells count. */
  interrupted: 130,
  brokenPipe: 141,
} as const;

/** Wrong usage: what, and what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What was asked for may not be done at present: recording is off. */
export class UnavailableError extends Error {
  override readonly name = "NotNowError";
}

/** It did not work, and the message says already why and what to do. */
export class ReportedError extends Error {
  override readonly name = "ToldError";
}

/** The user ended it. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}
