/** Lengths of time in milliseconds. */
export const secondMs = 1_000;
export const minuteMs = 60_000;
export const hourMs: number = 60 * minuteMs;
export const dayMs: number = 24 * hourMs;

/** Multiples of a unit, in milliseconds. */
export const multiples = (unitMs: number, factors: readonly number[]): readonly number[] =>
  factors.map((factor) => factor * unitMs);

/** Round times below a second, in milliseconds. */
export const subsecondSteps: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500];
