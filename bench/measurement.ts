/** One measured figure: its value, the baseline it was measured against in the same run, and the limit it must keep. */
export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit: "ms" | "µs" | "bytes" | "events/s" | "calls" | "calls/s" | "×";
  /** What the baseline is. */
  readonly against: string;
  /** The value divided by the baseline's. */
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
  /** The limit is a least, not a most. */
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

/** The value below which the share `p` of the values lies (nearest rank). */
export function quantile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN;
}
