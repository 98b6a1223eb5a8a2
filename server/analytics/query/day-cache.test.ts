import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { admitted } from "../../../test/fixtures/clean-events.ts";
import { anything } from "../../../test/fixtures/raw-events.ts";
import { localToolUse } from "../../../test/fixtures/read-rollups.ts";
import { tempFolder } from "../../../test/fixtures/temp-folder.ts";
import { systemClock } from "../../clock.ts";
import { immediately } from "../../store/driver/driver.ts";
import { dayOfHour, localHourOf } from "../../store/rollups/local-time.ts";
import { rollUpDays } from "../../store/rollups/rollups.ts";
import { readNumber, setNumber } from "../../store/state.ts";
import { Store } from "../../store/store.ts";
import { productInfo } from "../../worker/product-info.ts";
import { PriceList } from "../price-list.ts";
import { DayCache } from "./day-cache.ts";
import { answer } from "./query.ts";

const now = new Date(2026, 6, 15, 12).getTime();
const daysAgo = (days: number) => now - days * 24 * 3_600_000;
const run = (days: number, command_line: string) => localToolUse(daysAgo(days), { command_line, duration_ms: 5 });

/** Without a number besides: its total is updated in place, that of a run is replaced. */
const turn = (days: number) =>
  admitted(
    anything({
      ts: daysAgo(days),
      utc_offset_min: -new Date(daysAgo(days)).getTimezoneOffset(),
      event_type: "agent_activity",
      source: "codex",
      activity: "turn",
    }),
  );

describe("the cache of closed days", () => {
  function cached() {
    const store = new Store(join(tempFolder(), "telemetry.db"), productInfo, systemClock);
    store.write([run(3, "git push"), run(9, "git push"), run(9, "npm test"), turn(9)]);
    store.withExistingDatabase((connection) =>
      immediately(connection, () => {
        while (rollUpDays(connection, dayOfHour(localHourOf(now)), 400));
      }),
    );
    const cache = new DayCache();
    const total = () =>
      store.read(
        (connection) => answer(connection, { period: { period: "month" } }, new PriceList(), now, cache).total,
      );
    const runs = () => total()?.runs.count;
    const turns = () => total()?.turns;
    return { store, cache, runs, turns };
  }

  it("holds what was read, and is dropped on request", () => {
    const { store, cache, runs } = cached();
    expect(runs()).toBe(3);
    expect(cache.bytes).toBeGreaterThan(0);
    cache.drop();
    expect(cache.bytes).toBe(0);
    expect(runs()).toBe(3);
    store.close();
  });

  it("is used by every connection to the same file", () => {
    const { store, cache, runs } = cached();
    expect(runs()).toBe(3);
    const { file } = store;
    store.close();
    // A process that has written nothing opens the file for each question.
    const reader = new Store(file, productInfo, systemClock);
    const statements = () =>
      reader.read((connection) => {
        const prepared: string[] = [];
        const prepare = (sql: string) => {
          prepared.push(sql);
          return connection.prepare(sql);
        };
        const watched = Object.assign(Object.create(connection), { prepare });
        expect(answer(watched, { period: { period: "month" } }, new PriceList(), now, cache).total.runs.count).toBe(3);
        return prepared.filter((sql) => sql.startsWith("SELECT bucket, dimensions, count"));
      });
    expect(statements()).toEqual([]);
    cache.drop();
    expect(statements()).toHaveLength(1);
  });

  it("follows late events and erasures", () => {
    const { store, runs, turns } = cached();
    expect(runs()).toBe(3);
    expect(turns()).toBe(1);
    store.write([turn(9)]);
    expect(turns()).toBe(2);
    // Into a total that exists, a new one of a closed day, and one of today.
    store.write([run(9, "git push")]);
    expect(runs()).toBe(4);
    store.write([run(9, "make"), run(0, "ls")]);
    expect(runs()).toBe(6);
    store.erase({
      by: "period",
      days: { fromDay: dayOfHour(localHourOf(daysAgo(3))), toDay: dayOfHour(localHourOf(daysAgo(3))) + 1 },
    });
    expect(runs()).toBe(5);
    store.close();
  });

  it("is not used for another database that has changed as often", () => {
    const { store, cache, runs } = cached();
    expect(runs()).toBe(3);
    const other = cached();
    const inOther = (command: string) =>
      other.store.read(
        (connection) =>
          answer(connection, { period: { period: "month" }, filters: { command } }, new PriceList(), now, cache).total
            .runs.count,
      );
    other.store.withExistingDatabase((connection) => {
      connection.exec("UPDATE dimensions SET command_path = 'make' WHERE command_path = 'npm test'");
      connection.exec(
        "UPDATE metrics SET count = 7 WHERE dimensions IN (SELECT id FROM dimensions WHERE command_path = 'make')",
      );
      const generation = store.read((one) => readNumber(one, "rollup_generation")) ?? 0;
      setNumber(connection, "rollup_generation", generation);
    });
    expect(inOther("make")).toBe(7);
    store.close();
    other.store.close();
  });

  it("is not used for a new database in the place of the old one", () => {
    const { store, runs } = cached();
    expect(runs()).toBe(3);
    store.erase({ by: "all" });
    expect(runs() ?? 0).toBe(0);
    expect(store.write([localToolUse(now + 60_000, { command_line: "ls" })])).toMatchObject({ stored: 1 });
    expect(runs()).toBe(1);
    store.close();
  });
});
