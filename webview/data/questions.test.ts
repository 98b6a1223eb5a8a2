import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { filterNames, groupings, matchesFilter } from "../../shared/protocol/query.ts";
import { dayMs } from "../../shared/schema/durations.ts";
import { dayText } from "../../shared/text/format.ts";
import { initialView } from "../view.ts";
import { commandLine } from "./command-line.ts";
import { presetOf, presets } from "./periods.ts";
import { daysOf, filterOf, rangeOf, usual, viewOf, withFilter, withoutFilter } from "./questions.ts";

describe("the days of a group by time", () => {
  it("are the hour's day, the day, the week from Monday and the whole month", () => {
    expect(daysOf("hour", "2026-03-29 14:00")).toEqual({ period: "custom", from: "2026-03-29", to: "2026-03-29" });
    expect(daysOf("day", "2026-10-25")).toEqual({ period: "custom", from: "2026-10-25", to: "2026-10-25" });
    // Weeks with the days of 23 and 25 hours.
    expect(daysOf("week", "2026-03-23")).toEqual({ period: "custom", from: "2026-03-23", to: "2026-03-29" });
    expect(daysOf("week", "2026-10-19")).toEqual({ period: "custom", from: "2026-10-19", to: "2026-10-25" });
    expect(daysOf("month", "2028-02")).toEqual({ period: "custom", from: "2028-02-01", to: "2028-02-29" });
    expect(daysOf("month", "2026-12")).toEqual({ period: "custom", from: "2026-12-01", to: "2026-12-31" });
    expect(rangeOf("month", "2026-01", "2026-02")).toEqual({ period: "custom", from: "2026-01-01", to: "2026-02-28" });
  });

  it("end today at the latest", () => {
    const today = dayText(Date.now());
    expect(rangeOf("day", today, dayText(Date.now() + 3 * dayMs))).toMatchObject({ to: today });
  });
});

describe("filters of a subject", () => {
  it("limit a view to a group, or leave it out, and add up when they exclude", () => {
    const value = fc.constantFrom("git", "npm test", "ls");
    fc.assert(
      fc.property(fc.constantFrom(...filterNames), value, value, (name, first, second) => {
        const only = withFilter({}, name, first, false);
        expect(matchesFilter(only[name], first)).toBe(true);
        const without = withFilter(withFilter(only, name, first, true), name, second, true);
        for (const one of [first, second]) expect(matchesFilter(without[name], one)).toBe(false);
        expect(matchesFilter(without[name], "other")).toBe(true);
        expect(withoutFilter(without, name)).toEqual({});
      }),
    );
  });

  it("exist for every grouping but those by time, sessions and hours of the week", () => {
    const none = groupings.filter((by) => filterOf(by) === undefined);
    expect(none).toEqual(["hour", "day", "week", "month", "session", "weekhour"]);
    expect(viewOf(initialView, { by: "program", key: "git" }).filters).toEqual({ command: "git" });
    expect(viewOf(initialView, { by: "week", key: "2026-03-23" }).period).toMatchObject({ to: "2026-03-29" });
    expect(viewOf(initialView, { by: "model", key: "" })).toEqual(initialView);
  });
});

it("what was usual is the 90 days before", () => {
  const from = new Date(2026, 9, 26).getTime();
  const { params } = usual(initialView, from, "command");
  expect(params.period).toEqual({ period: "custom", from: "2026-07-28", to: "2026-10-25" });
});

it("knows each preset by its period", () => {
  const now = new Date(2026, 2, 30, 12).getTime();
  for (const [name, of] of presets) expect(presetOf(of(now), now)).toBe(name);
  expect(presetOf({ period: "custom", from: "2026-01-01", to: "2026-01-02" }, now)).toBeUndefined();
});

describe("the command that prints what is shown", () => {
  const month = { ...initialView, filters: { agent: "codex" } } as const;

  it("asks for the same period and filters", () => {
    expect(commandLine(month, { by: "command", key: "npm test" })).toBe("nexus why 'npm test' --month --agent codex");
    expect(commandLine(month, { by: "model", key: "gpt-5" })).toBe(
      "nexus stats --by command --month --agent codex --model gpt-5",
    );
    expect(commandLine(month, { by: "day", key: "2026-03-29" })).toBe(
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
