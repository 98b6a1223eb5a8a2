/** Today's numbers for the status bar item. It is requested often, so it reads only counts. */
import type { Today } from "../../shared/protocol/record.ts";
import { isAgent } from "../../shared/schema/sources.ts";
import type { Connection } from "../store/driver/driver.ts";
import { readNumber } from "../store/state.ts";
import { Aggregate } from "./aggregate.ts";
import { isCommandRun, isToolCall } from "./classify.ts";
import { countsIn } from "./counts.ts";
import { PeriodQuery } from "./period-query.ts";

export const emptyToday: Today = { commands: 0, failed: 0, agentToolCalls: 0, purgeMark: 0 };

export function readToday(connection: Connection, nowMs: number): Today {
  const { ranges } = new PeriodQuery({ period: "today" }, nowMs).on(connection);
  const ended = countsIn(connection, ranges);
  const runs = Aggregate.of(ended.filter(({ row }) => isCommandRun(row)));
  const calls = Aggregate.of(ended.filter(({ row }) => isToolCall(row) && isAgent(row["source"])));
  const purgeMark = readNumber(connection, "purge_mark");
  return { commands: runs.count, failed: runs.failed, agentToolCalls: calls.count, purgeMark };
}
