/** Time comes in from outside, so that every rule about it can be tested without waiting. */
export interface Clock {
  /** Wall-clock time in milliseconds since 1970. */
  nowMs(): number;
}

export const systemClock: Clock = { nowMs: () => Date.now() };
