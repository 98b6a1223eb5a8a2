import { describe, expect, it } from "vitest";
import { flushMicrotasks, ManualTimers } from "../test/fixtures/timers.ts";
import { TodaySummary } from "./today-summary.ts";

function setUp() {
  const log = { requests: 0, changes: 0, failing: false };
  const timers = new ManualTimers();
  const today = new TodaySummary(
    async () => {
      log.requests += 1;
      if (log.failing) throw new Error("down");
      return {
        commands: log.requests,
        failed: 0,
        agentToolCalls: 0,
        costUsd: null,
        monthUsd: null,
        slower: null,
        purgeMark: 0,
      };
    },
    timers,
    () => {
      log.changes += 1;
    },
  );
  const elapse = async () => {
    timers.fire();
    await flushMicrotasks();
  };
  return { today, log, elapse };
}

describe("today summary", () => {
  it("reads once for several changes", async () => {
    const { today, log, elapse } = setUp();
    for (let n = 0; n < 10; n += 1) today.dataChanged();
    expect(today.current).toBeNull();
    await elapse();
    expect(log).toMatchObject({ requests: 1, changes: 1 });
    expect(today.current).toMatchObject({ commands: 1 });
    today.dataChanged();
    await elapse();
    expect(log.requests).toBe(2);
  });

  it("keeps its totals while no worker answers, until it is cleared", async () => {
    const { today, log, elapse } = setUp();
    today.dataChanged();
    await elapse();
    log.failing = true;
    today.dataChanged();
    await elapse();
    expect(today.current).toMatchObject({ commands: 1 });
    expect(log.changes).toBe(1);
    today.dataChanged();
    today.clear();
    await elapse();
    expect(log.requests).toBe(2);
    expect(today.current).toBeNull();
  });
});
