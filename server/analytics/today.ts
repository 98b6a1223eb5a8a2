/** Today in three numbers, for the status item: asked for often, so it reads counts alone. */
import type { Today } from "../../shared/protocol/record.ts";
import { isAgent } from "../../shared/schema/sources.ts";
import type { Connection } from "../store/driver/driver.ts";
import { closedDayOf, segments } from "../store/rollups/reader.ts";
import { readNumber } from "../store/state.ts";
import { Group } from "./aggregate.ts";
import { spanOf } from "./calendar.ts";
import { isRun, isToolUse } from "./classify.ts";
import { countsIn } from "./counts.ts";

export const nothingToday: Today = { commands: 0, failed: 0, agentUses: 0, purgeMark: 0 };

export function readToday(connection: Connection, nowMs: number): Today {
  const { fromHour, toHour, grain } = spanOf({ period: "today" }, nowMs);
  const ends = countsIn(connection, segments(fromHour, toHour, closedDayOf(connection), grain));
  const runs = Group.of(ends.filter(({ row }) => isRun(row)));
  const uses = Group.of(ends.filter(({ row }) => isToolUse(row) && isAgent(row["source"])));
  const purgeMark = readNumber(connection, "purge_mark");
  return { commands: runs.count, failed: runs.failed, agentUses: uses.count, purgeMark };
}
