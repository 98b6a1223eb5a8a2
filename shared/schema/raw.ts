/**
 * Raw input: what was captured, before the firewall has looked at it. It may hold anything a person typed.
 *
 * The type is opaque. Capture and intake make it; only `server/privacy/` opens it (a lint rule holds this). It lives
 * in memory and crosses to the worker, and it never reaches a log, an error message, a file or the wire.
 */
declare const rawBrand: unique symbol;

export interface Raw {
  readonly [rawBrand]: never;
}

/** Marks captured input as raw. Costs nothing at run time: the brand exists only for the compiler. */
export function markRaw(captured: object): Raw {
  return captured as unknown as Raw;
}
