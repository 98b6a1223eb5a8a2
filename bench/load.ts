/** How large the loads of a bench are: 1 as its figures are quoted, less for a look that takes no time. */
let factor = 1;

/** For the benches that start from now on. */
export function setLoad(requested: number): void {
  factor = requested;
}

/** So many at the present load, and never fewer than what the bench needs to run at all. */
export const scaled = (count: number, min = 1): number => Math.max(min, Math.round(count * factor));
