/** Features of the product, and how users discover them (analytics design, section 2.4). */
export const features = [
  "agents",
  "cli",
  "completions",
  "consent",
  "dashboard",
  "event_log",
  "explain",
  "export",
  "help",
  "insights",
  "ledger",
  "metrics",
  "otlp",
  "profiles",
  "purge",
  "python_sdk",
  "show",
  "stats",
  "status",
  "sync",
  "thinktools",
  "verify",
  "other",
] as const;

export const discoverySources = ["help", "documentation", "error", "upgrade", "organic"] as const;

/** Numbers of uses at which `feature_adoption` is recorded. */
export const milestones = ["5", "10", "25", "50", "100"] as const;
