/** How the command ends. */
export const exitCodes = { done: 0, failed: 1, usage: 2, notNow: 3 } as const;

/** Wrong usage: what, and what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
