/** The group that a rollup belongs to. */
import { type Grouping, timeGroupings } from "../../../shared/protocol/query.ts";
import { dayMs, hourMs } from "../../../shared/schema/durations.ts";
import { commandClass } from "../../../shared/vocabulary/command-classes.ts";
import type { Row } from "../../store/driver/driver.ts";
import { grains } from "../../store/rollups/rollups.ts";
import { dayOfRow } from "./totals.ts";

const columns: Readonly<Partial<Record<Grouping, string>>> = {
  command: "command_path",
  tool: "tool_name",
  server: "mcp_server",
  agent: "agent",
  role: "agent_role",
  model: "model",
  workspace: "workspace_hash",
  source: "source",
  outcome: "status",
  error: "error_category",
  exit: "exit_class",
};

/** The coarsest grain of rollups that a grouping can be made of. */
export function grainOf(by: Grouping | undefined): number {
  if (by === "hour") return grains.hour;
  return by === "day" || by === "week" ? grains.day : grains.month;
}

export const isByTime = (by: Grouping | undefined): boolean => timeGroupings.some((time) => time === by);

/** Returns the value of the grouping, or "" for a rollup without one. */
export function groupKey(row: Row, by: Grouping): string {
  const column = columns[by];
  if (column !== undefined) return textOf(row[column]);
  switch (by) {
    case "program":
      return textOf(row["command_path"]).split(" ")[0] ?? "";
    case "class":
      return row["command_path"] === null ? "" : commandClass(textOf(row["command_path"]));
    case "origin":
      return row["origin"] === 0 ? "live" : "import";
    default:
      return timeKey(row, by);
  }
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

function timeKey(row: Row, by: Grouping): string {
  if (by === "hour")
    return `${new Date(Number(row["bucket"]) * hourMs).toISOString().slice(0, 13).replace("T", " ")}:00`;
  const day = dayOfRow(row);
  // 1970-01-01 was a Thursday: weeks begin on Monday.
  const first = by === "week" ? day - ((((day + 3) % 7) + 7) % 7) : day;
  return new Date(first * dayMs).toISOString().slice(0, by === "month" ? 7 : 10);
}
