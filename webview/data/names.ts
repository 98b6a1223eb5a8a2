/** Names of groups for people. */
import type { DashboardState } from "../../shared/protocol/dashboard.ts";
import type { FilterName, Grouping } from "../../shared/protocol/query.ts";
import { sourceLabel } from "../../shared/text/labels.ts";
import { toolLabel } from "../../shared/text/tool-labels.ts";
import { workspaceName } from "../../shared/text/workspace-names.ts";

/** The open workspace by its name, others by the user's name for them or a letter. */
export function workspaceLabel(hash: string, workspaces: DashboardState["workspaces"] | undefined): string {
  if (workspaces?.here?.hash === hash) return `${workspaces.here.name} (this)`;
  const alias = workspaces?.aliases[hash];
  if (alias !== undefined) return alias;
  const index = workspaces?.known.indexOf(hash) ?? -1;
  return index === -1 ? `Workspace ${hash.slice(0, 8)}` : workspaceName(index);
}

const weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;

/** "" is what has no value. */
export function groupLabel(by: Grouping | FilterName, key: string, state: DashboardState | null): string {
  if (key === "") return "Not known";
  switch (by) {
    case "workspace":
      return workspaceLabel(key, state?.workspaces);
    case "agent":
    case "source":
      return sourceLabel(key);
    case "tool":
      return toolLabel(key);
    case "class":
    case "exit":
    case "error":
    case "outcome":
      return key.replaceAll("_", " ");
    case "role":
      return key === "main" ? "Main agent" : "Subagents";
    case "origin":
      return key === "live" ? "Recorded here" : "Imported";
    case "session":
      return `Session ${key.slice(0, 8)}`;
    case "weekhour":
      return `${weekdays[Number(key.slice(0, 1)) - 1] ?? ""} ${key.slice(2)}`;
    default:
      return key;
  }
}

const groupingNames: Readonly<Record<Grouping | FilterName, string>> = {
  hour: "Hour",
  day: "Day",
  week: "Week",
  month: "Month",
  command: "Command",
  program: "Program",
  class: "Class",
  tool: "Tool",
  server: "MCP server",
  agent: "Agent",
  role: "Role",
  model: "Model",
  workspace: "Workspace",
  source: "Source",
  outcome: "Outcome",
  error: "Error",
  exit: "Exit class",
  origin: "Origin",
  session: "Session",
  weekhour: "Weekday and hour",
};

export const groupingName = (by: Grouping | FilterName): string => groupingNames[by];

/** A local day, week, month or hour: "Thu, Nov 26", "Week of Nov 23", "November 2026", "14:00". */
export function timeLabel(by: Grouping, key: string): string {
  const [year = 0, month = 1, day = 1] = key.slice(0, 10).split("-").map(Number);
  const date = new Date(year, month - 1, day);
  if (by === "hour") return `${date.toLocaleDateString([], { month: "short", day: "numeric" })}, ${key.slice(11)}`;
  if (by === "month") return date.toLocaleDateString([], { month: "long", year: "numeric" });
  const text = date.toLocaleDateString([], {
    ...(by === "week" ? {} : { weekday: "short" as const }),
    month: "short",
    day: "numeric",
  });
  return by === "week" ? `Week of ${text}` : text;
}
