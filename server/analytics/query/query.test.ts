import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Answer, groupings, type Query, timeGroupings } from "../../../shared/protocol/query.ts";
import { QueryRequest } from "../../../shared/protocol/questions.ts";
import { admitted } from "../../../test/fixtures/clean-events.ts";
import { anything } from "../../../test/fixtures/raw-events.ts";
import { readBothWays } from "../../../test/fixtures/read-rollups.ts";
import {
  counted,
  events,
  local,
  nothing,
  recountNow as now,
  type Origin,
  recount,
  someFilters,
  sumOf,
} from "../../../test/fixtures/recount.ts";
import type { CleanEvent } from "../../privacy/clean-event.ts";
import type { Connection } from "../../store/driver/driver.ts";
import { PriceList } from "../price-list.ts";
import { DayCache } from "./day-cache.ts";
import { answer } from "./query.ts";

const priceList = new PriceList();
const hourMs = 3_600_000;

/** Answers with and without a cache, which must be the same. */
function asked(connection: Connection, query: Query): Answer {
  const found = answer(connection, query, priceList, now);
  // The worker sends it.
  expect(QueryRequest.result(found, "answer")).toEqual(found);
  const cache = new DayCache();
  for (const _ of ["fills it", "uses it"]) expect(answer(connection, query, priceList, now, cache)).toEqual(found);
  return found;
}

/** A turn of an agent. */
const at = (ms: number): CleanEvent =>
  admitted(anything({ ...local(ms), event_type: "agent_activity", source: "codex", activity: "turn" }));

describe("the query model", () => {
  it("returns the same as a recount of the events, for every grouping, filter and origin", () => {
    const origins = fc.constantFrom<Origin>("live", "import");
    fc.assert(
      fc.property(
        events,
        fc.constantFrom(undefined, ...groupings),
        someFilters,
        origins,
        (all, by, filters, origin) => {
          const period = { period: "custom", from: "2026-05-01", to: "2026-07-15" } as const;
          const query = { period, filters, ...(by === undefined ? {} : { by }) };
          const found = readBothWays(all, now, (connection) => {
            if (origin === "import") connection.exec("UPDATE dimensions SET origin = 1");
            return answer(connection, query, priceList, now);
          });
          const expected = recount(all, by, filters, origin);
          if (by !== undefined) {
            const isByTime = timeGroupings.some((time) => time === by);
            const groups = found.groups.map(({ key, measures }) => [key, counted(measures)] as const);
            const isFull = ([, measures]: (typeof groups)[number]) =>
              !isByTime || Object.values(measures).some((n) => n > 0);
            // The store splits a session after hours without events.
            if (by === "session") {
              const session = sumOf(groups.map(([, measures]) => measures));
              expect(session).toEqual(sumOf(expected.values()));
            } else expect(new Map(groups.filter(isFull))).toEqual(new Map([...expected].filter(isFull)));
          }
          const sum = nothing();
          for (const group of expected.values())
            for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += group[name];
          expect(counted(found.total)).toEqual(sum);
        },
      ),
      { numRuns: 80 },
    );
  });

  it("groups by weekday, from 1 for Monday, and hour", () => {
    // Wednesday at 12:00, and the Monday before at 9:00.
    const found = readBothWays([at(now), at(now - 51 * hourMs)], now, (connection) =>
      asked(connection, { period: { period: "week" }, by: "weekhour" }),
    );
    expect(found.groups.map(({ key }) => key)).toEqual(["1 09:00", "3 12:00"]);
  });

  it("compares with the same figures of another period, up to the same hour", () => {
    const compared = fc.constantFrom(
      ["previous", { period: "week" }, { period: "custom", from: "2026-07-02", to: "2026-07-08" }] as const,
      [
        "year",
        { period: "custom", from: "2026-07-01", to: "2026-07-10" },
        { period: "custom", from: "2025-07-01", to: "2025-07-10" },
      ] as const,
    );
    fc.assert(
      fc.property(events, compared, someFilters, (all, [compare, period, before], filters) => {
        // Recording has started long before, and what comes after this hour on the last day does not count.
        const first = admitted(
          anything({
            ...local(now - 500 * 24 * hourMs),
            event_type: "agent_activity",
            source: "codex",
            activity: "turn",
          }),
        );
        const isLater = ({ tsMs }: CleanEvent) =>
          compare === "previous" && new Date(tsMs).getDate() === 8 && new Date(tsMs).getHours() > 12;
        const found = readBothWays([first, ...all.filter((event) => !isLater(event))], now, (connection) => [
          asked(connection, { period, filters, compare, by: "command" }).before,
          answer(connection, { period: before, filters, by: "command" }, priceList, now),
        ]);
        expect(found[0]?.groups).toEqual(found[1]?.groups);
        const later = all.filter(isLater);
        const all2 = readBothWays([first, ...all], now, (connection) =>
          answer(connection, { period, filters, compare }, priceList, now),
        );
        expect(later.length === 0 || all2.before?.total.runs.count === found[0]?.total.runs.count).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it("compares an open period with what was before up to the same hour only", () => {
    // It is 12:00: of the day a week ago, the hour of 12 counts and that of 13 does not.
    const weekAgo = now - 7 * 24 * hourMs;
    const turns = [at(now - 40 * 24 * hourMs), at(weekAgo + hourMs / 2), at(weekAgo + 1.5 * hourMs)];
    const beforeOf = (compare: "previous" | "year", period: Query["period"]) =>
      readBothWays(turns, now, (connection) => asked(connection, { period, compare }).before?.total.turns);
    expect(beforeOf("previous", { period: "week" })).toBe(1);
    // A period that is over is compared as a whole.
    expect(beforeOf("previous", { period: "custom", from: "2026-07-09", to: "2026-07-14" })).toBe(2);
  });

  it("compares with nothing if recording had not started then", () => {
    const turn = admitted(
      anything({ ...local(now - 3 * 24 * hourMs), event_type: "agent_activity", source: "codex", activity: "turn" }),
    );
    const found = readBothWays([turn], now, (connection) =>
      answer(connection, { period: { period: "week" }, compare: "previous" }, priceList, now),
    );
    expect(found).toMatchObject({ before: null, isOver: false, lost: 0, recordedFromMs: expect.any(Number) });
  });

  it("covers a period by time without gaps, in 40 to 100 groups where possible", () => {
    const turn = (daysAgo: number) =>
      admitted(
        anything({
          ...local(now - daysAgo * 24 * hourMs),
          event_type: "agent_activity",
          source: "codex",
          activity: "turn",
        }),
      );
    const groupsOf = (from: string, to: string) =>
      readBothWays([turn(5), turn(1900)], now, (connection) => {
        const { by, groups } = answer(
          connection,
          { period: { period: "custom", from, to }, by: "time" },
          priceList,
          now,
        );
        return [by, groups.length, groups[0]?.key];
      });
    expect(groupsOf("2026-07-13", "2026-07-14")).toEqual(["hour", 48, "2026-07-13 00:00"]);
    expect(groupsOf("2026-05-01", "2026-07-14")).toEqual(["day", 75, "2026-05-01"]);
    expect(groupsOf("2025-07-16", "2026-07-15")).toEqual(["week", 53, "2025-07-14"]);
    expect(groupsOf("2022-01-01", "2026-07-15")).toEqual(["month", 55, "2022-01"]);
  });

  it("has days of 23 and 25 hours", () => {
    // Tests run in a zone with daylight saving time, which ends and begins on these days.
    expect(new Date(2026, 2, 29, 12).getTimezoneOffset() - new Date(2026, 2, 28, 12).getTimezoneOffset()).toBe(-60);
    const first = at(new Date(2025, 0, 1).getTime());
    const both = [new Date(2025, 9, 26, 2, 30).getTime(), new Date(2025, 9, 26, 2, 30).getTime() + hourMs];
    expect(both.map((ms) => new Date(ms).getHours())).toEqual([2, 2]);
    const hours = (day: string) =>
      readBothWays([first, ...both.map(at), at(new Date(2026, 2, 29, 3, 30).getTime())], now, (connection) => {
        const { groups, total } = asked(connection, { period: { period: "custom", from: day, to: day }, by: "hour" });
        return [
          groups.length,
          total.turns,
          groups
            .filter(({ measures }) => measures.turns > 0)
            .map(({ key, measures }) => [key.slice(11), measures.turns]),
        ];
      });
    expect(hours("2025-10-26")).toEqual([24, 2, [["02:00", 2]]]);
    expect(hours("2026-03-29")).toEqual([23, 1, [["03:00", 1]]]);
  });

  it("prices each group by model, kind of token and size of the request", () => {
    const of = (name: string, tokens: number) =>
      admitted(
        anything({
          ...local(now - hourMs),
          event_type: "model_request",
          source: "otlp",
          agent: "codex",
          model: name,
          tokens_input: tokens,
          tokens_output: 0,
          status: "ok",
        }),
      );
    const all = [of("gemini-2.5-pro", 100_000), of("gemini-2.5-pro", 400_000), of("my model", 5)];
    const found = readBothWays(all, now, (connection) =>
      answer(connection, { period: { period: "today" }, by: "model" }, priceList, now),
    );
    expect(found.groups.map(({ key, measures }) => [key, measures.cost.listUsd])).toEqual([
      ["gemini-2.5-pro", expect.closeTo(0.125 + 1)],
      ["other", null],
    ]);
    expect(found.unpriced).toEqual(["other"]);
    expect(found.total.cost.unpricedTokens).toBe(5);
  });

  it("has no groups and no rates without data", () => {
    const found = answer(undefined, { period: { period: "year" }, by: "agent" }, priceList, now);
    expect(found.groups).toEqual([]);
    expect(found.total).toMatchObject({ runs: { count: 0, failure: null, medianMs: null }, cost: { listUsd: null } });
  });
});
