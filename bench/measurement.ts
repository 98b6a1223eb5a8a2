/** One measurement: its value, its ratio to a baseline of the same run, and its limit. */
export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit: "ms" | "µs" | "bytes" | "events/s" | "calls" | "calls/s" | "MB/s" | "×";
  /** Description of the baseline. */
  readonly against: string;
  /** Value / baseline. */
  readonly ratio: number;
  readonly limit: number;
  readonly ok: boolean;
}

interface Measured {
  readonly name: string;
  readonly unit: Measurement["unit"];
  readonly value: number;
  readonly against: string;
  readonly baseline: number;
  readonly limit: number;
  /** Whether the limit is a minimum instead of a maximum. */
  readonly atLeast?: boolean;
}

const rounded = (value: number): number => Number(value.toPrecision(4));

export function figure({ name, unit, value, against, baseline, limit, atLeast = false }: Measured): Measurement {
  return {
    name,
    value: rounded(value),
    unit,
    against,
    ratio: rounded(value / baseline),
    limit,
    ok: atLeast ? value >= limit : value <= limit,
  };
}

/** Returns the `p` quantile of the values (nearest rank). */
export function quantile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN;
}

/** Returns the milliseconds of the median round, after one round that is not measured. */
export function medianMs(work: () => void, rounds: number): number {
  const times: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const startMs = performance.now();
    work();
    if (round > 0) times.push(performance.now() - startMs);
  }
  return quantile(times, 0.5);
}
