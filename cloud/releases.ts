/** Released versions of the product, which metrics name. Senders may claim any; the others count together. */
export const releases: readonly string[] = ["0.1.0", "0.2.0", "0.3.0", "0.4.0", "0.5.0", "0.6.0", "0.7.0", "0.8.0"];
