import fc from "fast-check";
import { v4 } from "uuid";
import { describe, expect, it } from "vitest";
import { type Filters, filterNames } from "../../../shared/protocol/query.ts";
import { DetailsRequest } from "../../../shared/protocol/questions.ts";
import { admitted } from "../../../test/fixtures/clean-events.ts";
import { toolUse } from "../../../test/fixtures/raw-events.ts";
import { readBothWays } from "../../../test/fixtures/read-rollups.ts";
import { events, local, recountNow as now, someFilters } from "../../../test/fixtures/recount.ts";
import type { CleanEvent } from "../../privacy/clean-event.ts";
import { PriceList } from "../price-list.ts";
import { readDetails, readTries } from "./details.ts";
import { answer } from "./query.ts";
import { readTail } from "./tail.ts";

const period = { period: "custom", from: "2026-05-01", to: "2026-07-15" } as const;

const runAt = (minutes: number, line: string, code: number): CleanEvent =>
  admitted(
    toolUse({ command_line: line, exit_code: code, duration_ms: 1_500 }, local(now - 60 * 60_000 + minutes * 60_000)),
  );

describe("details of a query", () => {
  it("count every known duration once, and list the newest runs of the same filters", () => {
    fc.assert(
      fc.property(events, someFilters, (all, filters) => {
        readBothWays(all, now, (connection) => {
          const query = { period, filters };
          const found = readDetails(connection, query, now);
          expect(DetailsRequest.result(found, "details")).toEqual(found);
          const { runs, calls } = answer(connection, query, new PriceList(), now).total;
          const counted = found.durations.reduce((sum, { count }) => sum + count, 0);
          expect(counted).toBe(runs.timed + calls.timed);
          expect(found.last).toHaveLength(Math.min(50, runs.count + calls.count));
          const times = found.last.map(({ tsMs }) => tsMs);
          expect(times).toEqual(times.toSorted((a, b) => b - a));
          for (const [at, { toMs }] of found.durations.entries())
            expect(found.durations[at + 1]?.fromMs ?? toMs).toBe(toMs);
          return found;
        });
      }),
      { numRuns: 40 },
    );
  });

  it("sorts what was stored out of order, and what was imported", () => {
    const runs = Array.from({ length: 60 }, (_, n) => runAt((n * 37) % 60, "git status", 0));
    const newest = runs.map(({ tsMs }) => tsMs).sort((a, b) => b - a);
    for (const origin of [0, 1]) {
      const found = readBothWays(runs, now, (connection) => {
        connection.exec(`UPDATE dimensions SET origin = ${origin}`);
        return readDetails(connection, { period: { period: "today" } }, now);
      });
      expect(found.last.map(({ tsMs }) => tsMs)).toEqual(newest.slice(0, 50));
      expect(found.durations).toEqual([{ fromMs: 1_000, toMs: 2_000, count: 60 }]);
      expect(found.last[0]).toMatchObject({ name: "git status", outcome: "ok", exitClass: "success", error: null });
    }
  });

  it("find the runs of a session that began before the period, among many that ended", () => {
    const at = (days: number, session_id: string) =>
      admitted(
        toolUse({ command_line: "make", exit_code: 0 }, { ...local(now - days * 24 * 60 * 60_000), session_id }),
      );
    const long = v4();
    const ended = Array.from({ length: 9 }, (_, n) => at(40 + n, v4()));
    const all = [at(41, long), ...ended, at(0.2, long), at(0, v4()), at(0.1, long)];
    const found = readBothWays(all, now, (connection) => readDetails(connection, { period: { period: "week" } }, now));
    expect(found.last.filter(({ session }) => session === long)).toHaveLength(2);
    expect(found.last).toHaveLength(3);
  });

  it("knows every filter", () => {
    const all = Object.fromEntries(filterNames.map((name) => [name, "x"])) as Filters;
    readBothWays([runAt(1, "git status", 0)], now, (connection) => {
      for (const name of filterNames) {
        if (name === "origin") continue;
        const [only, without] = [{ [name]: all[name] ?? "" }, { [name]: `!${all[name]}` }];
        expect(readDetails(connection, { period, filters: only }, now).last, name).toEqual([]);
        expect(readDetails(connection, { period, filters: without }, now).last, name).toHaveLength(1);
        expect(readTail(connection, only, undefined), name).toEqual([]);
        expect(readTail(connection, only, 0), name).toEqual([]);
        expect(readTail(connection, without, 0), name).toHaveLength(1);
      }
      return true;
    });
  });

  it("counts how often a check runs until it succeeds", () => {
    const codes = [1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 1];
    const runs = codes.map((code, n) => runAt(n, "npm test", code));
    readBothWays(runs, now, (connection) => {
      const tries = { phases: 3, medianTries: 3, byTries: [1, 1, 0, 1] };
      expect(readTries(connection, period, "npm test", now)).toEqual(tries);
      expect(readTries(connection, period, "npm", now)).toBeUndefined();
      expect(readTries(connection, period, "git push", now)).toBeUndefined();
      expect(
        readTries(connection, { period: "custom", from: "2026-01-01", to: "2026-01-02" }, "npm test", now),
      ).toEqual({
        phases: 0,
        medianTries: null,
        byTries: [0, 0, 0, 0],
      });
      return true;
    });
  });
});
