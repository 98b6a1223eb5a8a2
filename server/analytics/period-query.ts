/**
 * A period as a query: resolved once from the user's selection, then passed to everything that reads rollups. It holds the
 * buckets, the ranges of rollups that cover them, and the period before.
 */
import type { PeriodSelection, Stats } from "../../shared/protocol/reports.ts";
import type { Connection, Row } from "../store/driver/driver.ts";
import { closedDayOf, type GrainRange, readRanges, splitByGrain } from "../store/rollups/reader.ts";
import { type Span, spanOf, unitOf } from "./calendar.ts";
import { firstRecorded, type PreviousPeriod, previousPeriod } from "./recorded-range.ts";

export class PeriodQuery {
  readonly selection: PeriodSelection;
  readonly period: PeriodSelection["period"];
  readonly span: Span;
  /** Milliseconds since 1970. */
  readonly nowMs: number;

  /** @throws SelectionError */
  constructor(selection: PeriodSelection, nowMs: number) {
    this.selection = selection;
    this.period = selection.period;
    this.span = spanOf(selection, nowMs);
    this.nowMs = nowMs;
  }

  get fromMs(): number {
    return this.span.fromMs;
  }

  /** Now, or the end of the period if that is past. Milliseconds since 1970. */
  get toMs(): number {
    return Math.max(this.span.fromMs, Math.min(this.nowMs, this.span.endMs));
  }

  get unit(): Stats["unit"] {
    return unitOf[this.span.grain] ?? "day";
  }

  on(connection: Connection): OpenPeriodQuery {
    return new OpenPeriodQuery(this, connection);
  }
}

/** A query on an open database. */
export class OpenPeriodQuery {
  readonly query: PeriodQuery;
  readonly connection: Connection;
  readonly ranges: readonly GrainRange[];
  #previous: { readonly value: PreviousPeriod | undefined } | undefined;

  constructor(query: PeriodQuery, connection: Connection) {
    const { fromHour, toHour, grain } = query.span;
    this.query = query;
    this.connection = connection;
    this.ranges = splitByGrain(fromHour, toHour, closedDayOf(connection), grain);
  }

  /** The period before; `undefined` if recording had not started then. */
  get previous(): PreviousPeriod | undefined {
    this.#previous ??= { value: previousPeriod(this.connection, this.query.span, this.query.nowMs) };
    return this.#previous.value;
  }

  /** Start of recording if it is within the period, in milliseconds since 1970; else `null`. */
  get recordedFromMs(): number | null {
    return firstRecorded(this.connection, this.query.span);
  }

  /** Runs a statement on the period's rollups; `sql` gets the table expression. */
  rows(sql: (from: string) => string): readonly Row[] {
    return readRanges(this.connection, this.ranges, sql);
  }
}
