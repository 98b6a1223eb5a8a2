/** The categories that consent is asked for, in three groups. A group's checkbox selects all of its categories. */
import type { Category } from "../schema/categories.ts";

export const categoryGroups = [
  { id: "dashboard", categories: ["tool_usage", "command_usage", "performance", "error_types"] },
  { id: "context", categories: ["session_metadata", "workspaces_tasks", "editor_activity"] },
  { id: "product", categories: ["features", "lifecycle", "platform"] },
] as const satisfies readonly { readonly id: string; readonly categories: readonly Category[] }[];

export type CategoryGroup = (typeof categoryGroups)[number];
export type AskedCategory = CategoryGroup["categories"][number];

/** Every category that is asked for. The others have no effect in this version: nothing reports their events. */
export const askedCategories: readonly AskedCategory[] = categoryGroups.flatMap(
  (group): readonly AskedCategory[] => group.categories,
);
