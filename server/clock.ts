/** Time comes in from outside, so that every rule about it can be tested without waiting. */
export interface Clock {
  /** Wall-clock time in milliseconds since 1970. */
  nowMs(): number;
  /** Minutes that local time is ahead of UTC at `tsMs`. */
  utcOffsetMin(tsMs: number): number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  utcOffsetMin: (tsMs) => -new Date(tsMs).getTimezoneOffset(),
};
