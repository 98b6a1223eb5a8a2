/** The shells with completion scripts. Separate, so that definitions stay small. */
export const shells = ["bash", "zsh", "fish", "powershell"] as const;
export type Shell = (typeof shells)[number];
