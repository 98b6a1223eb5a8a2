import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { localToolUse } from "../../../test/fixtures/read-rollups.ts";
import { tempFolder } from "../../../test/fixtures/temp-folder.ts";
import { systemClock } from "../../clock.ts";
import { immediately } from "../../store/driver/driver.ts";
import { dayOfHour, localHourOf } from "../../store/rollups/local-time.ts";
import { rollUpDays } from "../../store/rollups/rollups.ts";
import { Store } from "../../store/store.ts";
import { productInfo } from "../../worker/product-info.ts";
import { PriceList } from "../price-list.ts";
import { DayCache } from "./day-cache.ts";
import { answer } from "./query.ts";

const now = new Date(2026, 6, 15, 12).getTime();
const daysAgo = (days: number) => now - days * 24 * 3_600_000;
const run = (days: number, command_line: string) => localToolUse(daysAgo(days), { command_line, duration_ms: 5 });

describe("the cache of closed days", () => {
  function cached() {
    const store = new Store(join(tempFolder(), "telemetry.db"), productInfo, systemClock);
    store.write([run(3, "git push"), run(9, "git push"), run(9, "npm test")]);
    store.withExistingDatabase((connection) =>
      immediately(connection, () => {
        while (rollUpDays(connection, dayOfHour(localHourOf(now)), 400));
      }),
    );
    const cache = new DayCache();
    const runs = () =>
      store.read(
        (connection) =>
          answer(connection, { period: { period: "month" } }, new PriceList(), now, cache).total.runs.count,
      );
    return { store, cache, runs };
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

  it("follows late events and erasures", () => {
    const { store, runs } = cached();
    expect(runs()).toBe(3);
    store.write([run(9, "git push"), run(9, "make"), run(0, "ls")]);
    expect(runs()).toBe(6);
    store.erase({
      by: "period",
      days: { fromDay: dayOfHour(localHourOf(daysAgo(3))), toDay: dayOfHour(localHourOf(daysAgo(3))) + 1 },
    });
    expect(runs()).toBe(5);
    store.close();
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
