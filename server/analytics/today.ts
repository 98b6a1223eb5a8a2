/** Today's numbers for the status bar item. It is requested often, so it reads only counts. */
import type { Today } from "../../shared/protocol/record.ts";
import type { Insights } from "../../shared/protocol/reports.ts";
import { dayMs } from "../../shared/schema/durations.ts";
import { isAgent } from "../../shared/schema/sources.ts";
import type { Connection } from "../store/driver/driver.ts";
import { readNumber } from "../store/state.ts";
import { Aggregate } from "./aggregate.ts";
import { isCommandRun, isToolCall } from "./classify.ts";
import { countsIn } from "./counts.ts";
import { PeriodQuery } from "./period-query.ts";

/** What `readToday` counts. */
export type TodayCounts = Pick<Today, "commands" | "failed" | "agentToolCalls" | "purgeMark">;

export const emptyToday: TodayCounts = { commands: 0, failed: 0, agentToolCalls: 0, purgeMark: 0 };

/** An older change is no news. Milliseconds. */
const newsMs = 7 * dayMs;
/** A smaller change is no alert. */
const minFactor = 1.5;
/** The greatest p-value of an alert. */
const maxP = 0.001;

/** Returns the newest command that clearly became slower in the last week. */
export function newestSlower({ insights }: Insights, nowMs: number): Today["slower"] {
  const found = insights.flatMap(({ id, kind, subject, evidence: { medianMs, before, sinceMs, p } }) => {
    if (kind !== "slower" || subject === null || medianMs === null || before === null || sinceMs === null) return [];
    const factor = medianMs / Math.max(1, before.medianMs);
    const isClear = factor >= minFactor && p !== null && p <= maxP;
    return isClear && nowMs - sinceMs <= newsMs ? [{ id, command: subject, factor, sinceMs }] : [];
  });
  return found.sort((a, b) => b.sinceMs - a.sinceMs)[0] ?? null;
}

export function readToday(connection: Connection, nowMs: number): TodayCounts {
  const { ranges } = new PeriodQuery({ period: "today" }, nowMs).on(connection);
  const ended = countsIn(connection, ranges);
  const runs = Aggregate.of(ended.filter(({ row }) => isCommandRun(row)));
  const calls = Aggregate.of(ended.filter(({ row }) => isToolCall(row) && isAgent(row["source"])));
  const purgeMark = readNumber(connection, "purge_mark");
  return { commands: runs.count, failed: runs.failed, agentToolCalls: calls.count, purgeMark };
}
