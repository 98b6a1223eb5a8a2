/** Today in three numbers, for the status item: asked for often, so it reads counts alone. */
import type { Today } from "../../shared/protocol/record.ts";
import { isAgent } from "../../shared/schema/sources.ts";
import type { Connection } from "../store/driver/driver.ts";
import { closedDayOf, splitByGrain } from "../store/rollups/reader.ts";
import { readNumber } from "../store/state.ts";
import { Aggregate } from "./aggregate.ts";
import { spanOf } from "./calendar.ts";
import { isCommandRun, isToolCall } from "./classify.ts";
import { countsIn } from "./counts.ts";

export const emptyToday: Today = { commands: 0, failed: 0, agentToolCalls: 0, purgeMark: 0 };

export function readToday(connection: Connection, nowMs: number): Today {
  const { fromHour, toHour, grain } = spanOf({ period: "today" }, nowMs);
  const ends = countsIn(connection, splitByGrain(fromHour, toHour, closedDayOf(connection), grain));
  const runs = Aggregate.of(ends.filter(({ row }) => isCommandRun(row)));
  const uses = Aggregate.of(ends.filter(({ row }) => isToolCall(row) && isAgent(row["source"])));
  const purgeMark = readNumber(connection, "purge_mark");
  return { commands: runs.count, failed: runs.failed, agentToolCalls: uses.count, purgeMark };
}
