/** Adds history up to the measures of groups. */
import type { Group, HistoryGrouping, Measures } from "../../shared/protocol/query.ts";
import { contextSizeOf } from "../../shared/vocabulary/agent-reports.ts";
import type { PriceList } from "../analytics/price-list.ts";
import { type Cells, noCells } from "../analytics/query/day-cache.ts";
import type { Dimensions } from "../analytics/query/dimensions.ts";
import { timeKey } from "../analytics/query/group-key.ts";
import { Totals } from "../analytics/query/totals.ts";
import { dayOfHour, localHourOf } from "../store/rollups/local-time.ts";
import { binOf } from "../store/rollups/sketch.ts";
import { maxElapsedMs } from "./history-events.ts";
import type { History, ModelResponse, ToolUse } from "./records.ts";

export interface HistoryFigures {
  readonly groups: readonly Group[];
  readonly total: Measures;
  /** Models without a price. */
  readonly unpriced: readonly string[];
}

/** Responses have no tool, and tools no model. The time is in milliseconds since 1970; `toMs` is exclusive. */
export function historyFigures(
  histories: readonly History[],
  by: HistoryGrouping,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  priceList: PriceList,
): HistoryFigures {
  const unpriced = new Set<string>();
  const total = new Totals(priceList, unpriced);
  const groups = new Map<string, Totals>();
  const sessions = new Set<string>();
  const add = (key: string, cells: Cells, dimensions: Dimensions, day: number) => {
    const group = groups.get(key) ?? new Totals(priceList, unpriced);
    groups.set(key, group);
    for (const one of [group, total]) one.add(cells, dimensions, day);
  };
  const isWithin = ({ tsMs }: ModelResponse | ToolUse) => tsMs >= fromMs && tsMs < toMs;
  for (const { responses, tools } of histories) {
    for (const response of responses.filter(isWithin)) {
      const day = dayOfHour(localHourOf(response.tsMs));
      sessions.add(`${response.agent} ${response.session}`);
      if (by !== "tool") add(keyOf(response, by, day), cellsOf(response, day), dimensionsOf(response), day);
    }
    for (const use of tools.filter(isWithin)) {
      const day = dayOfHour(localHourOf(use.tsMs));
      sessions.add(`${use.agent} ${use.session}`);
      if (by !== "model") add(keyOf(use, by, day), elapsedCells(use, day), dimensionsOf(use), day);
    }
  }
  return {
    groups: [...groups]
      .map(([key, group]) => ({ key, measures: { ...group.finish(), sessions: null } }))
      .sort((a, b) => (a.key < b.key ? -1 : 1)),
    total: { ...total.finish(), sessions: sessions.size },
    unpriced: [...unpriced].sort(),
  };
}

function keyOf(record: ModelResponse | ToolUse, by: HistoryGrouping, day: number): string {
  switch (by) {
    case "agent":
      return record.agent;
    case "session":
      return record.session;
    case "model":
      return "model" in record ? record.model : "";
    case "tool":
      return "tool" in record ? record.tool : "";
    default:
      return timeKey(day * 24, by);
  }
}

/** A rollup of one response or tool use. */
const cellsOn = (day: number): Cells => ({ ...noCells, bucket: day, count: 1 });

function elapsedCells({ elapsedMs }: ToolUse, day: number): Cells {
  const cells = cellsOn(day);
  return elapsedMs === null ? cells : { ...cells, duration_sketch: String(binOf(Math.min(elapsedMs, maxElapsedMs))) };
}

function cellsOf({ tokens }: ModelResponse, day: number): Cells {
  const sums = (value: number) => [1, value, value, value];
  return {
    ...cellsOn(day),
    numbers: {
      tokens_input: sums(tokens.input),
      tokens_output: sums(tokens.output),
      tokens_cache_read: sums(tokens.cacheRead),
      tokens_cache_write_5m: sums(tokens.cacheWrite5m),
      tokens_cache_write_1h: sums(tokens.cacheWrite1h),
      tokens_reasoning: sums(tokens.reasoning),
    },
  };
}

/** An elapsed time contains waiting for permission, so it is no duration. */
function dimensionsOf(record: ModelResponse | ToolUse): Dimensions {
  const isResponse = "model" in record;
  return {
    row: isResponse ? { model: record.model } : { status: record.outcome },
    kind: isResponse ? "request" : "call",
    hasOutcome: !isResponse && record.outcome !== null,
    isWaitedFor: false,
    isRefused: false,
    isElapsed: true,
    isLowerBound: isResponse && !record.isExact,
    contextSize: isResponse ? contextSizeOf(record.tokens.input) : undefined,
  };
}
