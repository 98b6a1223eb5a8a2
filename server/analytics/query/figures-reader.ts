/** Reads the rollups that match a query, of closed days from memory if there is a cache. */
import type { Figures, Filters, Grouping } from "../../../shared/protocol/query.ts";
import { commandClass } from "../../../shared/vocabulary/command-classes.ts";
import type { Connection, Row } from "../../store/driver/driver.ts";
import { dayOfHour, localHourOf } from "../../store/rollups/local-time.ts";
import { closedDayOf } from "../../store/rollups/reader.ts";
import { grains } from "../../store/rollups/rollups.ts";
import type { PriceList } from "../price-list.ts";
import { firstHour } from "../recorded-range.ts";
import type { DayCache } from "./day-cache.ts";
import { conditionOf, type Dimensions, matching, readDimensions } from "./dimensions.ts";
import { dayOfRow, grainOf, isByTime, type TimeGrouping, timeKeys } from "./group-key.ts";
import { Groups } from "./groups.ts";
import { readRollups, rollupColumns } from "./rollup-rows.ts";
import { sessionCounts } from "./session-counts.ts";
import { rowsBySession } from "./session-rows.ts";
import type { Stretch } from "./stretch.ts";
import { type Rollup, Totals } from "./totals.ts";
import { weekhourFilter, weekhourRollups } from "./weekhours.ts";

/** Reads what a query counts in a stretch of time. */
export class FiguresReader {
  readonly #connection: Connection;
  readonly #by: Grouping | undefined;
  readonly #filters: Filters;
  readonly #priceList: PriceList;
  readonly #unpriced: Set<string>;
  readonly #dimensions: ReadonlyMap<number, Dimensions>;
  readonly #cache: DayCache | undefined;

  constructor(
    connection: Connection,
    by: Grouping | undefined,
    filters: Filters,
    priceList: PriceList,
    unpriced: Set<string>,
    cache: DayCache | undefined,
  ) {
    this.#connection = connection;
    this.#by = by;
    this.#filters = filters;
    this.#priceList = priceList;
    this.#unpriced = unpriced;
    this.#cache = cache;
    cache?.refresh(connection);
    this.#dimensions =
      cache === undefined ? readDimensions(connection, filters) : matching(connection, filters, cache.dimensions);
  }

  /** Whether recording had started at the beginning of a stretch. */
  isRecorded({ fromHour }: Stretch): boolean {
    const first = firstHour(this.#connection);
    return first !== undefined && first <= fromHour;
  }

  figures(stretch: Stretch, nowMs: number): Figures {
    const by = this.#by;
    const create = () => new Totals(this.#priceList, this.#unpriced);
    const total = create();
    const keys = isByTime(by) ? this.#timeKeys(stretch, by, nowMs) : [];
    const groups = by === undefined ? undefined : new Groups(by, create, keys);
    this.each(stretch, (row, dimensions) =>
      groups === undefined ? total.add(row, dimensions, dayOfRow(row)) : groups.add(row, dimensions),
    );
    const sessions = sessionCounts(this.#connection, stretch, by, this.#filters);
    const found = [...(groups ?? [])].map(([key, group]) => {
      total.merge(group);
      const measures = { ...group.finish(), sessions: sessions.of(key) };
      return by === "command" && key !== "" ? { key, class: commandClass(key), measures } : { key, measures };
    });
    return {
      fromMs: stretch.fromMs,
      toMs: stretch.toMs,
      groups: found.sort((a, b) => (a.key < b.key ? -1 : 1)),
      total: { ...total.finish(), sessions: sessions.total },
    };
  }

  /** Calls `use` with everything that matches. */
  each(stretch: Stretch, use: (row: Rollup, dimensions: Dimensions) => void): void {
    if (this.#by !== "session") {
      this.#addRollups(stretch, use);
      return;
    }
    const isWanted = weekhourFilter(this.#filters);
    this.#addRows(rowsBySession(this.#connection, stretch), (row, dimensions) => {
      if (isWanted(row)) use(row, dimensions);
    });
  }

  /** The groups from the start of recording until now. */
  #timeKeys({ fromHour, toHour }: Stretch, by: TimeGrouping, nowMs: number): readonly string[] {
    const first = firstHour(this.#connection);
    if (first === undefined) return [];
    const from = Math.max(fromHour, by === "hour" ? first : dayOfHour(first) * 24);
    return timeKeys(from, Math.min(toHour, localHourOf(nowMs) + 1), by);
  }

  #addRows(rows: Iterable<Row>, add: (row: Rollup, dimensions: Dimensions) => void): void {
    for (const row of rows) {
      const dimensions = this.#dimensions.get(Number(row["dimensions"]));
      if (dimensions !== undefined) add(row, dimensions);
    }
  }

  /** Closed days from memory, if there is a cache and hours are not asked for; the rest from the database. */
  #addRollups(stretch: Stretch, add: (row: Rollup, dimensions: Dimensions) => void): void {
    const { fromHour, toHour } = stretch;
    const byDay = this.#priceList.changesWithin(dayOfHour(fromHour), dayOfHour(toHour));
    const coarsest = Math.min(grainOf(this.#by, this.#filters), byDay ? grains.day : grains.month);
    if (this.#cache === undefined || coarsest === grains.hour) {
      this.#addRows(this.#read(stretch, coarsest), add);
      return;
    }
    const closed = closedDayOf(this.#connection);
    const from = Math.ceil(fromHour / 24);
    const to = Math.max(from, Math.min(Math.floor(toHour / 24), closed));
    this.#cache.each(this.#connection, from, to, this.#dimensions, add);
    this.#addRows(this.#read({ fromHour, toHour: Math.min(toHour, from * 24) }, grains.hour), add);
    this.#addRows(this.#read({ fromHour: Math.max(fromHour, to * 24), toHour }, grains.hour), add);
  }

  #read(stretch: Pick<Stretch, "fromHour" | "toHour">, coarsest: number): readonly Row[] {
    const [where, values] = conditionOf(this.#filters);
    const isWanted = `WHERE m.dimensions IN (SELECT d.id FROM dimensions d WHERE ${where}) AND ${weekhourRollups(this.#filters)}`;
    return readRollups(this.#connection, stretch, coarsest, rollupColumns, isWanted, values);
  }
}
