/**
 * Flags of the worker's process, by which it stays small: young objects get one megabyte each half, so that what a long
 * export leaves behind is collected early, and the heap of the old ones grows slowly.
 */
export const workerFlags = ["--max-semi-space-size=1", "--optimize-for-size"] as const;
