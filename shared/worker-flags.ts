/**
 * Flags of the worker's process. Young objects get one megabyte each half: what a long export leaves behind is then
 * collected early, and the process stays small.
 */
export const workerFlags = ["--max-semi-space-size=1"] as const;
