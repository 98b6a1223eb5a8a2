/**
 * V8 flags that keep the worker's memory small: semi-spaces of 1 MB, so that garbage of a long export
 * is collected early, and a slowly growing old generation.
 */
export const workerFlags = ["--max-semi-space-size=1", "--optimize-for-size"] as const;
