import { v4 } from "uuid";
import { describe, expect, it } from "vitest";
import { admitted } from "../../test/fixtures/clean-events.ts";
import { anything } from "../../test/fixtures/raw-events.ts";
import { localToolUse, readBothWays } from "../../test/fixtures/read-rollups.ts";
import { PeriodQuery } from "./period-query.ts";
import { emptyWeeklyActivity, readWeeklyActivity } from "./weekly-activity.ts";

/** A Wednesday. */
const at = (daysAgo: number, hour = 9) => new Date(2026, 6, 15 - daysAgo, hour, 10).getTime();
const now = at(0, 12);

describe("weekly activity", () => {
  it("counts terminal events by local weekday and hour, Monday first", () => {
    const uses = [
      localToolUse(at(0, 9)),
      localToolUse(at(7, 9)),
      localToolUse(at(2, 0)),
      localToolUse(at(3, 23)),
      localToolUse(at(0, 9), { tool_phase: "start" }),
    ];
    const { week } = readBothWays(uses, now, (connection) =>
      readWeeklyActivity(new PeriodQuery({ period: "month" }, now).on(connection)),
    );
    const hours = week.flatMap((count, hour) => (count === 0 ? [] : [[Math.floor(hour / 24), hour % 24, count]]));
    expect(hours).toEqual([
      [0, 0, 1],
      [2, 9, 2],
      [6, 23, 1],
    ]);
  });

  it("adds up focus time per programming language", () => {
    const work = (daysAgo: number, language: string, focus_ms: number) => {
      const ts = at(daysAgo);
      const where = { ts, session_id: v4(), utc_offset_min: -new Date(ts).getTimezoneOffset() };
      return admitted(
        anything({ ...where, source: "vscode_editor", event_type: "editor_activity", language, focus_ms, saves: 2 }),
      );
    };
    const events = [
      work(0, "typescript", 60_000),
      work(1, "typescript", 120_000),
      work(2, "python", 30_000),
      work(8, "python", 5_000),
      work(20, "go", 1_000),
    ];
    const rhythm = readBothWays(events, now, (connection) =>
      readWeeklyActivity(new PeriodQuery({ period: "week" }, now).on(connection)),
    );
    expect(rhythm).toMatchObject({
      activeMs: 210_000,
      activeMsBefore: 5_000,
      languages: [
        { name: "typescript", focusMs: 180_000, saves: 4 },
        { name: "python", focusMs: 30_000, saves: 2 },
      ],
    });
  });

  it("reports no active time without data", () => {
    expect(emptyWeeklyActivity(new PeriodQuery({ period: "year" }, now))).toMatchObject({
      activeMs: null,
      languages: [],
    });
  });
});
