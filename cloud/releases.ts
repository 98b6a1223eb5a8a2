/**
 * Released product versions with their own metrics label. Clients can claim any version, so others
 * share one.
 */
export const releases: readonly string[] = ["0.1.0", "0.2.0", "0.3.0", "0.4.0", "0.5.0", "0.6.0", "0.7.0", "0.8.0"];
