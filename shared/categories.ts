/** What the user can agree to, one by one. Each field of each event belongs to exactly one. */
export const categories = [
  "tool_usage",
  "command_usage",
  "performance",
  "error_types",
  "session_metadata",
  "workspaces_tasks",
  "editor_activity",
  "features",
  "lifecycle",
  "platform",
  "upgrade",
  "experiments",
  "aggregates",
] as const;
export type Category = (typeof categories)[number];
