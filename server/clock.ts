/** The clock is a parameter, so that rules about time can be tested without waiting. */
export interface Clock {
  /** Wall-clock time in milliseconds since 1970. */
  nowMs(): number;
}

export const systemClock: Clock = { nowMs: () => Date.now() };
