/** Answers a query of the query model from rollups; of single sessions from their events. */
import type { Answer, Figures, Query } from "../../../shared/protocol/query.ts";
import { pricesAsOf } from "../../../shared/vocabulary/prices.ts";
import type { Connection } from "../../store/driver/driver.ts";
import type { PriceList } from "../price-list.ts";
import { exitRulesSince, firstRecorded } from "../recorded-range.ts";
import type { DayCache } from "./day-cache.ts";
import { FiguresReader } from "./figures-reader.ts";
import { timeGrouping } from "./group-key.ts";
import { lostEvents } from "./rollup-rows.ts";
import { comparedStretch, type Stretch, stretchOf } from "./stretch.ts";
import { Totals } from "./totals.ts";

/** `cache`: for a process that answers many questions. @throws SelectionError */
export function answer(
  connection: Connection | undefined,
  query: Query,
  priceList: PriceList,
  nowMs: number,
  cache?: DayCache,
): Answer {
  const stretch = stretchOf(query.period, nowMs);
  const by = query.by === "time" ? timeGrouping((stretch.toHour - stretch.fromHour) / 24) : query.by;
  const { filters = {} } = query;
  const unpriced = new Set<string>();
  const reader =
    connection === undefined ? undefined : new FiguresReader(connection, by, filters, priceList, unpriced, cache);
  const compared = query.compare === undefined ? undefined : comparedStretch(stretch, query.compare, nowMs);
  return {
    ...(reader?.figures(stretch, nowMs) ?? emptyFigures(stretch, priceList)),
    asOfMs: nowMs,
    recordedFromMs: connection === undefined ? null : firstRecorded(connection, stretch),
    exitRulesSinceMs: connection === undefined ? null : exitRulesSince(connection, stretch),
    isOver: stretch.endMs <= nowMs,
    lost: connection === undefined ? 0 : lostEvents(connection, stretch),
    by: by ?? null,
    before: compared !== undefined && reader?.isRecorded(compared) === true ? reader.figures(compared, nowMs) : null,
    pricesAsOf,
    unpriced: [...unpriced].sort(),
  };
}

const emptyFigures = ({ fromMs, toMs }: Stretch, priceList: PriceList): Figures => ({
  fromMs,
  toMs,
  groups: [],
  total: { ...new Totals(priceList, new Set()).measures, sessions: 0 },
});
