/** The group that a rollup belongs to. */
import { type Filters, type Grouping, timeGroupings } from "../../../shared/protocol/query.ts";
import { dayMs, hourMs } from "../../../shared/schema/durations.ts";
import { hookAgents } from "../../../shared/vocabulary/agents.ts";
import { commandClass } from "../../../shared/vocabulary/command-classes.ts";
import type { Row, SqlValue } from "../../store/driver/driver.ts";
import { dayOfHour, firstDayOfMonth, localHourOf, startOfHour } from "../../store/rollups/local-time.ts";
import { grains } from "../../store/rollups/rollups.ts";
import { weekhourKey } from "./weekhours.ts";

const hookSources: ReadonlySet<unknown> = new Set(hookAgents);
const isHookAgent = (source: unknown): boolean => hookSources.has(source);

export type TimeGrouping = (typeof timeGroupings)[number];

const columns: Readonly<Partial<Record<Grouping, string>>> = {
  command: "command_path",
  tool: "tool_name",
  server: "mcp_server",
  role: "agent_role",
  model: "model",
  workspace: "workspace_hash",
  source: "source",
  outcome: "status",
  error: "error_category",
  exit: "exit_class",
};

/** The coarsest grain of rollups that a grouping and filters can be made of. */
export function grainOf(by: Grouping | undefined, { weekhour }: Filters): number {
  if (by === "hour" || by === "weekhour" || weekhour !== undefined) return grains.hour;
  return by === "day" || by === "week" ? grains.day : grains.month;
}

export const isByTime = (by: Grouping | undefined): by is TimeGrouping => timeGroupings.some((time) => time === by);

/** Longest periods that are shown by hour, by day and by week, in days: at most about a hundred groups. */
const maxDays = { hour: 4, day: 100, week: 700 } as const;

/** Returns the grouping by time of which 40 to 100 groups cover a number of days, as far as possible. */
export function timeGrouping(days: number): TimeGrouping {
  if (days <= maxDays.hour) return "hour";
  if (days <= maxDays.day) return "day";
  return days <= maxDays.week ? "week" : "month";
}

/** Returns the value of a grouping that is not by time, or "" for dimensions without one. */
export function dimensionKey(dimensions: Row, by: Grouping): string {
  const column = columns[by];
  if (column !== undefined) return textOf(dimensions[column]);
  switch (by) {
    case "agent":
      // An agent's hook may leave out its name, which is then that of the source.
      return textOf(dimensions["agent"]) || (isHookAgent(dimensions["source"]) ? textOf(dimensions["source"]) : "");
    case "program":
      return textOf(dimensions["command_path"]).split(" ")[0] ?? "";
    case "class":
      return dimensions["command_path"] === null ? "" : commandClass(textOf(dimensions["command_path"]));
    case "origin":
      return dimensions["origin"] === 0 ? "live" : "import";
    default:
      return "";
  }
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** The time of a rollup. */
export type Bucket = Readonly<Record<"grain" | "bucket", SqlValue>> | Row;

/** Returns the first local day of a rollup, counted since 1970. */
export function dayOfRow({ grain, bucket }: Bucket): number {
  const at = Number(bucket);
  return grain === grains.hour ? dayOfHour(at) : grain === grains.day ? at : firstDayOfMonth(at);
}

/** Returns the group of a rollup. */
export function timeKeyOf(row: Bucket, by: TimeGrouping | "weekhour"): string {
  if (by === "weekhour") return weekhourKey(Number(row.bucket));
  return by === "hour" ? timeKey(Number(row.bucket), by) : timeKey(dayOfRow(row) * 24, by);
}

/** Returns the group of a local hour, counted since 1970. */
export function timeKey(hour: number, by: TimeGrouping): string {
  if (by === "hour") return `${new Date(hour * hourMs).toISOString().slice(0, 13).replace("T", " ")}:00`;
  const day = dayOfHour(hour);
  // 1970-01-01 was a Thursday: weeks begin on Monday.
  const first = by === "week" ? day - ((((day + 3) % 7) + 7) % 7) : day;
  return new Date(first * dayMs).toISOString().slice(0, by === "month" ? 7 : 10);
}

/**
 * Returns the groups from one local hour to another (exclusive), in order and without gaps. The hour that daylight saving time
 * leaves out in spring is none; the one that it repeats in autumn is one.
 */
export function timeKeys(fromHour: number, toHour: number, by: TimeGrouping): readonly string[] {
  const keys = new Set<string>();
  for (let hour = fromHour; hour < toHour; hour += by === "hour" ? 1 : 24)
    if (by !== "hour" || localHourOf(startOfHour(hour)) === hour) keys.add(timeKey(hour, by));
  return [...keys];
}
