/** The load factor: 1 for published results, less for a quick check. */
let factor = 1;

/** Sets the load of the benchmarks that start from now on. */
export function setLoad(requested: number): void {
  factor = requested;
}

/** Returns a count at the current load; at least `min`, without which the benchmark cannot run. */
export const scaled = (count: number, min = 1): number => Math.max(min, Math.round(count * factor));
