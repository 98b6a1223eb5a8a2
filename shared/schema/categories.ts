/** The consent categories. Each field belongs to exactly one; the user selects them one by one. */
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

/** Encodes categories as a bit mask. Stored, so new categories are only appended to the list. */
export function categoryBits(selected: readonly Category[]): number {
  return selected.reduce((bits, name) => bits | (1 << categories.indexOf(name)), 0);
}

/** Returns whether a category is in a bit mask. */
export function hasCategory(bits: number, name: Category): boolean {
  return (bits & (1 << categories.indexOf(name))) !== 0;
}
