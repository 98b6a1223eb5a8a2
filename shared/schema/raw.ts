/**
 * Raw input before the firewall. It may contain anything that a user typed.
 *
 * The type is opaque: capture and ingest create it, and a lint rule allows only `server/privacy/` to
 * read it. It exists in memory and in messages to the worker, never in a log, an error message, a
 * file or an upload.
 */
declare const rawBrand: unique symbol;

export interface Raw {
  readonly [rawBrand]: never;
}

/** Marks input as raw. Free at run time: the brand exists only for the compiler. */
export function markRaw(input: object): Raw {
  return input as unknown as Raw;
}
