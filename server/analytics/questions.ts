/** Answers questions about a database: figures, sessions, insights and reports. Changes nothing. */
import type { Answer, Details, FirstTry, Query, SessionEvent, Tries } from "../../shared/protocol/query.ts";
import type {
  Insights,
  Metrics,
  PeriodSelection,
  Stats,
  ToolCalls,
  WeeklyActivity,
} from "../../shared/protocol/reports.ts";
import type { OwnPrices } from "../../shared/vocabulary/prices.ts";
import type { Clock } from "../clock.ts";
import type { Connection } from "../store/driver/driver.ts";
import { noInsights, readInsights } from "./insights.ts";
import { emptyMetrics, readMetrics } from "./metrics.ts";
import { type OpenPeriodQuery, PeriodQuery } from "./period-query.ts";
import { PriceList } from "./price-list.ts";
import type { DayCache } from "./query/day-cache.ts";
import { readDetails, readTries } from "./query/details.ts";
import { firstTryFilters, readFirstTry } from "./query/first-try.ts";
import { answer } from "./query/query.ts";
import { type NewestSessions, readSessions, readTimeline } from "./query/sessions.ts";
import { stretchOf } from "./query/stretch.ts";
import { emptyStats, readStats } from "./stats.ts";
import { emptyToolCalls, readToolCalls } from "./tool-calls.ts";
import { emptyWeeklyActivity, readWeeklyActivity } from "./weekly-activity.ts";

/** What the answers are about. */
export interface DataSource {
  readonly clock: Clock;
  /** The user's own prices. @throws ConfigError. */
  prices(): OwnPrices;
  /** Reads the database; returns `undefined` if there is none. @throws ConfigError, SQLite's error. */
  read<T>(work: (connection: Connection) => T): T | undefined;
  /** For a process that stays. */
  readonly cache?: DayCache | undefined;
}

export class Questions {
  readonly #source: DataSource;

  constructor(source: DataSource) {
    this.#source = source;
  }

  /** @throws ConfigError, SelectionError, SQLite's error. */
  stats(selection: PeriodSelection): Stats {
    return this.#report(selection, readStats, emptyStats);
  }

  /** @throws ConfigError, SelectionError, SQLite's error. */
  query(query: Query): Answer {
    const priceList = new PriceList(this.#source.prices());
    const nowMs = this.#source.clock.nowMs();
    const found = this.#source.read((connection) => answer(connection, query, priceList, nowMs, this.#source.cache));
    return found ?? answer(undefined, query, priceList, nowMs);
  }

  /** The newest sessions of a period, up to `limit`. @throws ConfigError, SelectionError, SQLite's error. */
  sessions(query: Query, limit: number): NewestSessions {
    const priceList = new PriceList(this.#source.prices());
    const nowMs = this.#source.clock.nowMs();
    const found = this.#source.read((connection) => readSessions(connection, query, limit, priceList, nowMs));
    return found ?? readSessions(undefined, query, limit, priceList, nowMs);
  }

  /** The moments of the only session whose ID starts with a text; else `undefined`. @throws ConfigError, SQLite's error. */
  timeline(id: string): readonly SessionEvent[] | undefined {
    return this.#source.read((connection) => readTimeline(connection, id));
  }

  /** How often agents' edits pass the next check; `undefined` for a filter that does not apply. @throws ConfigError, SelectionError, SQLite's error. */
  firstTry(query: Query): FirstTry | undefined {
    const others = Object.keys(query.filters ?? {}).filter((name) => !firstTryFilters.some((known) => known === name));
    if (others.length > 0) return undefined;
    const stretch = stretchOf(query.period, this.#source.clock.nowMs());
    const found = this.#source.read((c) => readFirstTry(c, stretch, query.filters ?? {}));
    return found ?? { groups: [], isCut: false };
  }

  /** The last runs of a query, and how long all of them took. @throws ConfigError, SelectionError, SQLite's error. */
  details(query: Query): Details {
    const nowMs = this.#source.clock.nowMs();
    const found = this.#source.read((connection) => readDetails(connection, query, nowMs, this.#source.cache));
    return found ?? { class: null, durations: [], last: [] };
  }

  /** How often a check runs until it succeeds; `undefined` for other commands. @throws ConfigError, SelectionError, SQLite's error. */
  tries(period: PeriodSelection, command: string): Tries | undefined {
    const nowMs = this.#source.clock.nowMs();
    return this.#source.read((connection) => readTries(connection, period, command, nowMs));
  }

  /** @throws ConfigError, SelectionError, SQLite's error. */
  metrics(selection: PeriodSelection): Metrics {
    const priceList = new PriceList(this.#source.prices());
    return this.#report(selection, (open) => readMetrics(open, priceList), emptyMetrics);
  }

  /** @throws ConfigError, SelectionError, SQLite's error. */
  insights(selection: PeriodSelection): Insights {
    return this.#report(selection, readInsights, noInsights);
  }

  /** @throws ConfigError, SelectionError, SQLite's error. */
  toolCalls(selection: PeriodSelection): ToolCalls {
    return this.#report(selection, readToolCalls, emptyToolCalls);
  }

  /** @throws ConfigError, SelectionError, SQLite's error. */
  weeklyActivity(selection: PeriodSelection): WeeklyActivity {
    return this.#report(selection, readWeeklyActivity, emptyWeeklyActivity);
  }

  /** `empty`: the result without a database. */
  #report<T>(selection: PeriodSelection, read: (open: OpenPeriodQuery) => T, empty: (query: PeriodQuery) => T): T {
    const query = new PeriodQuery(selection, this.#source.clock.nowMs());
    return this.#source.read((connection) => read(query.on(connection))) ?? empty(query);
  }
}
