import { describe, expect, it } from "vitest";
import { flushMicrotasks, ManualTimers } from "../test/fixtures/timers.ts";
import { TodaySummary } from "./today-summary.ts";

function setUp() {
  const seen = { asked: 0, changed: 0, failing: false };
  const timers = new ManualTimers();
  const today = new TodaySummary(
    async () => {
      seen.asked += 1;
      if (seen.failing) throw new Error("down");
      return { commands: seen.asked, failed: 0, agentToolCalls: 0, purgeMark: 0 };
    },
    timers,
    () => {
      seen.changed += 1;
    },
  );
  const pass = async () => {
    timers.fire();
    await flushMicrotasks();
  };
  return { today, seen, pass };
}

describe("today's numbers", () => {
  it("are read once for much news", async () => {
    const { today, seen, pass } = setUp();
    for (let n = 0; n < 10; n += 1) today.dataChanged();
    expect(today.numbers).toBeNull();
    await pass();
    expect(seen).toMatchObject({ asked: 1, changed: 1 });
    expect(today.numbers).toMatchObject({ commands: 1 });
    today.dataChanged();
    await pass();
    expect(seen.asked).toBe(2);
  });

  it("stay while no worker answers, and go when they mean nothing any more", async () => {
    const { today, seen, pass } = setUp();
    today.dataChanged();
    await pass();
    seen.failing = true;
    today.dataChanged();
    await pass();
    expect(today.numbers).toMatchObject({ commands: 1 });
    expect(seen.changed).toBe(1);
    today.dataChanged();
    today.forget();
    await pass();
    expect(seen.asked).toBe(2);
    expect(today.numbers).toBeNull();
  });
});
