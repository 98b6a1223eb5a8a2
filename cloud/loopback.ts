/** Returns whether a listening address is reachable from this machine only. */
export const isLoopback = (host: string): boolean => host === "127.0.0.1" || host === "::1" || host === "localhost";
