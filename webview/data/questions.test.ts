import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DashboardState } from "../../shared/protocol/dashboard.ts";
import { type Answer, filterValues, groupings } from "../../shared/protocol/query.ts";
import type { PeriodSelection } from "../../shared/protocol/reports.ts";
import { dayMs } from "../../shared/schema/durations.ts";
import { dayText } from "../../shared/text/format.ts";
import { initialView } from "../view.ts";
import { commandLine } from "./command-line.ts";
import { comparisonText, presetPeriod, presets } from "./periods.ts";
import {
  daysOf,
  daysWithin,
  excluding,
  filterOf,
  limited,
  timeSubject,
  usual,
  viewOf,
  withoutFilter,
} from "./questions.ts";

describe("the days of a group by time", () => {
  it("are the hour's day, the day, the week from Monday and the whole month", () => {
    expect(daysOf("hour", "2026-03-29 14:00")).toEqual({ period: "custom", from: "2026-03-29", to: "2026-03-29" });
    expect(daysOf("day", "2026-10-25")).toEqual({ period: "custom", from: "2026-10-25", to: "2026-10-25" });
    // Weeks with the days of 23 and 25 hours.
    expect(daysOf("week", "2026-03-23")).toEqual({ period: "custom", from: "2026-03-23", to: "2026-03-29" });
    expect(daysOf("week", "2026-10-19")).toEqual({ period: "custom", from: "2026-10-19", to: "2026-10-25" });
    expect(daysOf("month", "2028-02")).toEqual({ period: "custom", from: "2028-02-01", to: "2028-02-29" });
    expect(daysOf("month", "2026-12")).toEqual({ period: "custom", from: "2026-12-01", to: "2026-12-31" });
  });

  it("are only those of the answer", () => {
    const at = (day: string) => new Date(`${day}T12:00`).getTime();
    const answer = { fromMs: at("2026-03-25"), toMs: at("2026-04-10") };
    const of = (by: "day" | "week" | "month", first: string, last?: string) => daysWithin(answer, by, first, last);
    expect(of("week", "2026-03-23")).toEqual({ period: "custom", from: "2026-03-25", to: "2026-03-29" });
    expect(of("month", "2026-03")).toEqual({ period: "custom", from: "2026-03-25", to: "2026-03-31" });
    expect(of("month", "2026-03", "2026-04")).toEqual({ period: "custom", from: "2026-03-25", to: "2026-04-10" });
    expect(timeSubject({ ...answer, by: "hour" }, "2026-03-29 14:00")).toEqual({
      by: "day",
      key: "2026-03-29",
      period: { period: "custom", from: "2026-03-29", to: "2026-03-29" },
    });
  });
});

describe("filters of a subject", () => {
  const commands = ["git", "git push", "git pull", "npm test", "ls"];
  const matches = (filter: string | undefined, value: string) => {
    const { included, excluded } = filterValues(filter ?? "");
    const isOne = (one: string) => one === `=${value}` || one === value || value.startsWith(`${one} `);
    return (included.length === 0 || included.some(isOne)) && !excluded.some(isOne);
  };
  const filter = fc.constantFrom("", "git", "git push,ls", "=git", "git!git push", "!git,ls", "npm test");

  it("match what the view and the group match", () => {
    fc.assert(
      fc.property(filter, fc.constantFrom(...commands, ...commands.map((name) => `=${name}`)), (before, value) => {
        const filters = before === "" ? {} : { command: before };
        const [only, without] = [limited(filters, "command", value), excluding(filters, "command", value)];
        for (const command of commands) {
          const [was, is] = [matches(before, command), matches(value, command)];
          expect([command, matches(only.command, command)]).toEqual([command, was && is]);
          expect([command, matches(without.command, command)]).toEqual([command, was && !is]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("of a command are those of this command, of a program those of all its commands", () => {
    expect(viewOf(initialView, { by: "command", key: "git" }).filters).toEqual({ command: "=git" });
    expect(viewOf(initialView, { by: "program", key: "git" }).filters).toEqual({ command: "git" });
    const tool = { by: "tool", key: "read_file", filters: { source: "codex" } } as const;
    expect(viewOf(initialView, tool).filters).toEqual({ source: "codex", tool: "read_file" });
    expect(withoutFilter({ command: "git", agent: "codex" }, "agent")).toEqual({ command: "git" });
  });

  it("exist for every grouping but those by time and sessions", () => {
    const none = groupings.filter((by) => filterOf(by) === undefined);
    expect(none).toEqual(["hour", "day", "week", "month", "session"]);
    expect(viewOf(initialView, { by: "model", key: "" })).toEqual(initialView);
    const hour = { by: "weekhour", key: "1 14:00" } as const;
    expect(viewOf(initialView, hour).filters).toEqual({ weekhour: "1 14:00" });
    expect(commandLine(initialView, hour)).toBe("nexus stats --by command --month --weekhour '1 14:00'");
  });
});

it("what was usual is the 90 days before the period", () => {
  const state = { today: "2026-11-24" } as DashboardState;
  const before = (period: PeriodSelection) =>
    usual({ view: { ...initialView, period }, state }, "command").params.period;
  const days = (from: string, to: string) => ({ period: "custom", from, to });
  expect(before({ period: "today" })).toEqual(days("2026-08-26", "2026-11-23"));
  expect(before({ period: "week" })).toEqual(days("2026-08-20", "2026-11-17"));
  expect(before({ period: "month" })).toEqual(days("2026-07-28", "2026-10-25"));
  // A year shows this month and the twelve before it.
  expect(before({ period: "year" })).toEqual(days("2025-08-03", "2025-10-31"));
  expect(before({ period: "custom", from: "2026-03-30", to: "2026-04-01" })).toEqual(days("2025-12-30", "2026-03-29"));
});

describe("presets", () => {
  it("count days of the calendar, also when clocks change", () => {
    for (const text of ["2026-03-29T00:30", "2026-03-30T00:30", "2026-10-25T23:30", "2026-10-26T00:30"]) {
      const at = new Date(text);
      const now = at.getTime();
      const day = (back: number) =>
        dayText(new Date(at.getFullYear(), at.getMonth(), at.getDate() - back, 12).getTime());
      expect(presetPeriod("Yesterday", now)).toEqual({ period: "custom", from: day(1), to: day(1) });
      expect(presetPeriod("90 days", now)).toEqual({ period: "custom", from: day(89), to: day(0) });
    }
    expect(presetPeriod("Century", Date.now())).toBeUndefined();
    expect(presetPeriod(null, Date.now())).toBeUndefined();
    expect(presetPeriod(initialView.preset, Date.now())).toEqual(initialView.period);
    expect(presets.length).toBeGreaterThan(5);
  });

  it("are compared with as many days, at any hour", () => {
    const answer = { before: { fromMs: 0, toMs: 29.3 * dayMs } } as Answer;
    expect(comparisonText(answer, { period: "month" }, "previous")).toBe("vs. the 30 days before");
    expect(comparisonText(answer, { period: "today" }, "previous")).toBe("vs. the day before");
    const week = { period: "custom", from: "2026-03-23", to: "2026-03-29" } as const;
    expect(comparisonText(answer, week, "previous")).toBe("vs. the 7 days before");
    expect(comparisonText(answer, week, "year")).toBe("vs. the same days last year");
    expect(comparisonText({ before: null } as Answer, week, "year")).toBe("");
  });
});

describe("the command that prints what is shown", () => {
  const month = { ...initialView, filters: { agent: "codex" } } as const;

  it("asks for the same period and filters", () => {
    expect(commandLine(month, { by: "command", key: "npm test" })).toBe("nexus why 'npm test' --month --agent codex");
    expect(commandLine(month, { by: "model", key: "gpt-5" })).toBe(
      "nexus stats --by command --month --agent codex --model gpt-5",
    );
    expect(commandLine(month, timeSubject({ fromMs: 0, toMs: Date.now(), by: "day" }, "2026-03-29"))).toBe(
      "nexus stats --by command --since 2026-03-29 --until 2026-03-29 --agent codex",
    );
    expect(commandLine(month, { by: "session", key: "abc" })).toBe("nexus sessions abc");
  });

  it("quotes what a shell would read", () => {
    const view = { ...initialView, filters: { command: "!git,ls", tool: "it's $HOME" } };
    expect(commandLine(view, { by: "outcome", key: "failed" })).toBe(
      `nexus stats --by command --month --command '!git,ls' --tool 'it'\\''s $HOME' --outcome failed`,
    );
  });
});
