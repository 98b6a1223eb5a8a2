/** Answers a query of the query model from rollups; of single sessions from their events. */
import type { Answer, Figures, Filters, Grouping, Measures, Query } from "../../../shared/protocol/query.ts";
import { pricesAsOf } from "../../../shared/vocabulary/prices.ts";
import type { Connection, Row } from "../../store/driver/driver.ts";
import { dayOfHour, localHourOf } from "../../store/rollups/local-time.ts";
import { grains } from "../../store/rollups/rollups.ts";
import type { PriceList } from "../price-list.ts";
import { firstHour, firstRecorded } from "../recorded-range.ts";
import { conditionOf, type Dimensions, readDimensions } from "./dimensions.ts";
import { dayOfRow, dimensionKey, grainOf, isByTime, timeGrouping, timeKeyOf, timeKeys } from "./group-key.ts";
import { readRollups, rollupColumns } from "./rollup-rows.ts";
import { sessionCounts } from "./session-counts.ts";
import { rowsBySession } from "./session-rows.ts";
import { comparedStretch, type Stretch, stretchOf } from "./stretch.ts";
import { Totals } from "./totals.ts";

/** @throws SelectionError */
export function answer(connection: Connection | undefined, query: Query, priceList: PriceList, nowMs: number): Answer {
  const stretch = stretchOf(query.period, nowMs);
  const by = query.by === "time" ? timeGrouping((stretch.toHour - stretch.fromHour) / 24) : query.by;
  const { filters = {} } = query;
  const unpriced = new Set<string>();
  const reader = connection === undefined ? undefined : new FiguresReader(connection, by, filters, priceList, unpriced);
  const compared = query.compare === undefined ? undefined : comparedStretch(stretch, query.compare, nowMs);
  return {
    ...(reader?.figures(stretch, nowMs) ?? emptyFigures(stretch, priceList)),
    asOfMs: nowMs,
    recordedFromMs: connection === undefined ? null : firstRecorded(connection, stretch),
    isOver: stretch.endMs <= nowMs,
    lost: reader?.lost(stretch) ?? 0,
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

class FiguresReader {
  readonly #connection: Connection;
  readonly #by: Grouping | undefined;
  readonly #filters: Filters;
  readonly #priceList: PriceList;
  readonly #unpriced: Set<string>;
  readonly #dimensions: ReadonlyMap<number, Dimensions>;

  constructor(
    connection: Connection,
    by: Grouping | undefined,
    filters: Filters,
    priceList: PriceList,
    unpriced: Set<string>,
  ) {
    this.#connection = connection;
    this.#by = by;
    this.#filters = filters;
    this.#priceList = priceList;
    this.#unpriced = unpriced;
    this.#dimensions = readDimensions(connection, filters);
  }

  /** Whether recording had started at the beginning of a stretch. */
  isRecorded({ fromHour }: Stretch): boolean {
    const first = firstHour(this.#connection);
    return first !== undefined && first <= fromHour;
  }

  /** Events that sources reported as lost. */
  lost(stretch: Stretch): number {
    const join = "JOIN dimensions d ON d.id = m.dimensions WHERE d.event_type = 'events_dropped'";
    const select = "total(m.numbers -> 'dropped_count' ->> 1) n";
    return Number(readRollups(this.#connection, stretch, grains.month, select, join)[0]?.["n"] ?? 0);
  }

  figures(stretch: Stretch, nowMs: number): Figures {
    const by = this.#by;
    const total = new Totals(this.#priceList, this.#unpriced);
    const groups = new Map<string, Totals>();
    const groupOf = (key: string) => {
      const known = groups.get(key);
      if (known !== undefined) return known;
      const group = new Totals(this.#priceList, this.#unpriced);
      groups.set(key, group);
      return group;
    };
    if (isByTime(by)) for (const key of this.#timeKeys(stretch, by, nowMs)) groupOf(key);
    const keys = new Map<Dimensions, string>();
    const times = new Map<string, string>();
    const keyOf = (row: Row, dimensions: Dimensions, of: Grouping): string => {
      if (of === "session") return String(row["session"]);
      if (isByTime(of)) {
        const at = `${row["grain"]} ${row["bucket"]}`;
        const time = times.get(at) ?? timeKeyOf(row, of);
        times.set(at, time);
        return time;
      }
      const known = keys.get(dimensions) ?? dimensionKey(dimensions.row, of);
      keys.set(dimensions, known);
      return known;
    };
    for (const row of by === "session" ? rowsBySession(this.#connection, stretch) : this.#rows(stretch)) {
      const dimensions = this.#dimensions.get(Number(row["dimensions"]));
      if (dimensions === undefined) continue;
      const day = dayOfRow(row);
      if (by === undefined) total.add(row, dimensions, day);
      else groupOf(keyOf(row, dimensions, by)).add(row, dimensions, day);
    }
    for (const group of groups.values()) total.merge(group);
    const sessions = sessionCounts(this.#connection, stretch, by, this.#filters);
    return {
      fromMs: stretch.fromMs,
      toMs: stretch.toMs,
      groups: [...groups]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, group]) => ({ key, measures: withSessions(group, sessions.of(key)) })),
      total: withSessions(total, sessions.total),
    };
  }

  /** The groups from the start of recording until now. */
  #timeKeys({ fromHour, toHour }: Stretch, by: Parameters<typeof timeKeys>[2], nowMs: number): readonly string[] {
    const first = firstHour(this.#connection);
    if (first === undefined) return [];
    const from = Math.max(fromHour, by === "hour" ? first : dayOfHour(first) * 24);
    return timeKeys(from, Math.min(toHour, localHourOf(nowMs) + 1), by);
  }

  #rows(stretch: Stretch): Iterable<Row> {
    const { fromHour, toHour } = stretch;
    const byDay = this.#priceList.changesWithin(dayOfHour(fromHour), dayOfHour(toHour));
    const coarsest = Math.min(grainOf(this.#by), byDay ? grains.day : grains.month);
    const [where, values] = conditionOf(this.#filters);
    const matching = `WHERE m.dimensions IN (SELECT d.id FROM dimensions d WHERE ${where})`;
    return readRollups(this.#connection, stretch, coarsest, rollupColumns, matching, values);
  }
}

const withSessions = (totals: Totals, sessions: number | null): Measures => ({ ...totals.measures, sessions });
