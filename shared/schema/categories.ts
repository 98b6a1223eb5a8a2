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

/** Categories as bits of a whole number, in the order of the list, which only ever grows at its end. */
export function categoryBits(chosen: readonly Category[]): number {
  return chosen.reduce((bits, name) => bits | (1 << categories.indexOf(name)), 0);
}

/** Whether the bits hold a category. */
export function hasCategory(bits: number, name: Category): boolean {
  return (bits & (1 << categories.indexOf(name))) !== 0;
}
