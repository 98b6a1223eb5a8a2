/** Whether an address to listen on is reached from this machine only. */
export const isLoopback = (host: string): boolean => host === "127.0.0.1" || host === "::1" || host === "localhost";
