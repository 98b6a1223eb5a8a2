import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { admitted } from "../../../test/fixtures/clean-events.ts";
import { anything } from "../../../test/fixtures/raw-events.ts";
import { readBothWays } from "../../../test/fixtures/read-rollups.ts";
import type { CleanEvent } from "../../privacy/clean-event.ts";
import { readFirstTry } from "./first-try.ts";
import { stretchOf } from "./stretch.ts";

const now = new Date(2026, 6, 15, 12).getTime();
const minuteMs = 60_000;
const session = "a0a7c1e2-5b3f-4c8d-9e6a-1f2b3c4d5e6f";

/** `at`: minutes before now. */
const at = (minutes: number, fields: object): CleanEvent =>
  admitted(
    anything({
      ts: now - minutes * minuteMs,
      utc_offset_min: -new Date(now).getTimezoneOffset(),
      session_id: session,
      source: "claude_code",
      agent: "claude_code",
      ...fields,
    }),
  );
const end = { stream: "tool", tool_phase: "end" };
const edit = (minutes: number, workspace = "a", fields: object = {}) =>
  at(minutes, { ...end, tool_name: "Edit", status: "ok", workspace, ...fields });
const check = (minutes: number, status: string, workspace = "a", line = "npm test") =>
  at(minutes, { ...end, tool_name: "Bash", command_line: line, status, workspace });

const firstTryOf = (events: readonly CleanEvent[], filters = {}) =>
  readBothWays(events, now, (connection) => readFirstTry(connection, stretchOf({ period: "week" }, now), filters))
    .groups;

describe("edits that pass the next check", () => {
  it("keep their agent with a filter on the source: the last edit before the check is the one that counts", () => {
    const events = [edit(50), edit(49, "a", { source: "codex", agent: "codex" }), check(48, "ok")];
    expect(firstTryOf(events, { source: "claude_code" })).toMatchObject([
      { agent: "claude_code", checked: 0, unchecked: 1 },
    ]);
    expect(firstTryOf(events, { source: "codex" })).toMatchObject([{ agent: "codex", checked: 1, unchecked: 0 }]);
  });

  it("are green at the first try, or after some, by agent and the model of the session", () => {
    const request = at(100, { event_type: "model_request", model: "claude-opus-5", tokens_input: 1 });
    expect(
      firstTryOf([
        request,
        edit(99),
        edit(98),
        check(97, "ok"),
        edit(90),
        check(89, "failed"),
        check(88, "failed"),
        edit(87),
        check(86, "ok"),
      ]),
    ).toEqual([
      {
        agent: "claude_code",
        model: "claude-opus-5",
        checked: 2,
        unchecked: 0,
        firstTry: { rate: 0.5, low: expect.any(Number), high: expect.any(Number), sample: 2 },
        red: 0,
        medianTries: 1,
      },
    ]);
  });

  it.each([
    ["a check in another workspace", [edit(50), check(49, "ok", "b")], { checked: 0, unchecked: 1 }],
    ["a check more than 30 minutes later", [edit(50), check(19, "ok")], { checked: 0, unchecked: 1 }],
    [
      "a command that is no check",
      [edit(50), check(49, "failed", "a", "git push"), check(48, "ok")],
      { checked: 1, red: 0 },
    ],
    ["an edit that failed", [edit(50, "a", { status: "failed" }), check(49, "ok")], undefined],
    [
      "a check that is still red after half an hour",
      [edit(50), check(49, "failed"), check(10, "ok")],
      { checked: 1, red: 1 },
    ],
    [
      "another check than the first",
      [edit(50), check(49, "failed"), check(48, "ok", "a", "tsc")],
      { checked: 1, red: 1 },
    ],
    ["a check that was cancelled", [edit(50), check(49, "cancelled"), check(48, "ok")], { checked: 1, medianTries: 1 }],
    [
      "an edit of another agent",
      [edit(50), edit(49, "a", { source: "codex", agent: "codex" }), check(48, "ok")],
      { agent: "codex", checked: 1 },
    ],
  ] as const)("count %s correctly", (_, events, expected) => {
    const [found] = firstTryOf(events);
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(expected);
  });

  it("count a check of the user in a terminal", () => {
    const typed = at(49, {
      ...end,
      source: "vscode_terminal",
      agent: undefined,
      tool_name: "run_terminal_cmd",
      command_line: "tsc",
      exit_code: 1,
      workspace: "a",
    });
    expect(firstTryOf([edit(50), typed])).toMatchObject([{ checked: 1, red: 1, firstTry: { rate: 0 } }]);
  });

  it("close every episode exactly once, whatever the order of events", () => {
    const step = fc.record({
      gap: fc.integer({ min: 1, max: 45 }),
      workspace: fc.constantFrom("a", "b"),
      what: fc.constantFrom("edit", "ok", "failed", "other"),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let minutes = 5_000;
        /** A second implementation of the rules: one workspace after the other. */
        const events = steps.map(({ gap, workspace, what }) => {
          minutes -= gap;
          if (what === "edit") return { minutes, workspace, what, event: edit(minutes, workspace) };
          const event = what === "other" ? check(minutes, "ok", workspace, "ls") : check(minutes, what, workspace);
          return { minutes, workspace, what, event };
        });
        const sum = { checked: 0, unchecked: 0, red: 0, first: 0 };
        for (const name of ["a", "b"]) {
          const own = events.filter(({ workspace, what }) => workspace === name && what !== "other");
          for (let n = 0; n < own.length; ) {
            if (own[n]?.what !== "edit") {
              n += 1;
              continue;
            }
            let last = own[n]?.minutes ?? 0;
            let tries = 0;
            let isGreen = false;
            n += 1;
            for (; n < own.length && !isGreen && last - (own[n]?.minutes ?? 0) <= 30; n += 1) {
              last = own[n]?.minutes ?? 0;
              if (own[n]?.what === "edit") continue;
              tries += 1;
              isGreen = own[n]?.what === "ok";
            }
            if (tries === 0) sum.unchecked += 1;
            else sum.checked += 1;
            if (tries > 0 && !isGreen) sum.red += 1;
            if (tries === 1 && isGreen) sum.first += 1;
          }
        }
        const [found] = firstTryOf(events.map(({ event }) => event));
        expect({
          checked: found?.checked ?? 0,
          unchecked: found?.unchecked ?? 0,
          red: found?.red ?? 0,
          first: Math.round((found?.firstTry?.rate ?? 0) * (found?.checked ?? 0)),
        }).toEqual(sum);
      }),
      { numRuns: 40 },
    );
  });
});
