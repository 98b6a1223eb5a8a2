/** Funnels, retention, paths, lifecycle and active days equal a recount. */
import { afterAll, describe, expect, it } from "vitest";
import { dayOf } from "../hours.ts";
import { type TestEvent, testEvents } from "../test/recount/events.ts";
import {
  type Funnel,
  recountFunnel,
  recountLifecycle,
  recountPaths,
  recountRetention,
  recountStickiness,
} from "../test/recount/journeys.ts";
import { RecountedWarehouse } from "../test/recount/recounted.ts";
import { answerFunnel, type FunnelAnswer } from "./funnels/funnel-answer.ts";
import { builtInFunnels } from "./funnels/funnel-steps.ts";
import { answerLifecycle, answerStickiness } from "./lifecycle-answer.ts";
import { answerPaths } from "./paths-answer.ts";
import { addDays, bucketsOf, grains, wholePeriod } from "./period.ts";
import { funnelQuestion, lifecycleQuestion, pathsQuestion, retentionQuestion, stickinessQuestion } from "./question.ts";
import { answerRetention } from "./retention-answer.ts";

const nowMs = Math.floor(Date.now() / 60_000) * 60_000;
const today = dayOf(nowMs);
const range = { from: addDays(today, -45), to: today };
const events = [7, 8, 9].flatMap((seed) => testEvents(seed, nowMs, 40));

const stored = await RecountedWarehouse.open(nowMs);
await stored.insert(events);
afterAll(() => stored.close());

const context = { warehouse: stored.warehouse, nowMs, minUsers: 1 };

const groupsOf = ({ groups }: FunnelAnswer) =>
  Object.fromEntries(
    groups.map(({ group, steps }) => [group === null ? "total" : `=${group}`, steps.map(({ users }) => users)]),
  );

describe("invariant: every answer equals a recount", () => {
  const command = { event: "command" };
  it.each<Omit<Funnel, "from" | "to">>([
    ...Object.values(builtInFunnels).map(({ question }) => question),
    { steps: [command, { event: "thinktool_completed" }, command], window_hours: 48 },
    { steps: [command, command, command], window_hours: 6 },
    { steps: [{ event: "session_started" }, command, command], window_hours: 100 },
    { steps: [{ event: "session_started" }, command, command], window_hours: 100, order: "strict" },
    { steps: [{ event: "session_started" }, command, { event: "session_ended" }], window_hours: 300, order: "strict" },
    { steps: [command, { event: "thinktool_completed" }], window_hours: 200, order: "strict" },
    { steps: [command, command, { event: "agent_event" }], window_hours: 24, order: "strict" },
    { steps: [command, { event: "feature_first_use" }], window_hours: 300, exclude: [{ event: "command_failed" }] },
    { steps: [{ event: "any_event" }, { event: "any_event", after_days: 2 }], window_hours: 400, first_time: true },
    {
      steps: [{ event: "command", filters: [{ dimension: "command", value: "npm test" }] }, { event: "session_ended" }],
      window_hours: 100,
      group_by: "os",
    },
    { steps: [command, { event: "upgrade_link_clicked" }], window_hours: 500, group_by: "profile" },
  ])("of a funnel: %j", async (funnel) => {
    const answer = await answerFunnel(context, funnelQuestion.parse({ ...range, ...funnel }));
    const expected = recountFunnel(events, { ...range, ...funnel });
    expect(expected["total"]?.[0]).toBeGreaterThan(0);
    expect(groupsOf(answer)).toEqual(expected);
  });

  it.each(
    grains.flatMap((grain) =>
      (["bounded", "rolling"] as const).flatMap((type) =>
        (["first_seen", "install"] as const).map((cohort) => ({ grain, type, cohort, offsets: 5 })),
      ),
    ),
  )("of retention: %j", async (part) => {
    const starts = bucketsOf(part.grain, wholePeriod(part.grain, range.from, range.to));
    const { cohorts } = await answerRetention(context, retentionQuestion.parse({ ...range, ...part }));
    const expected = recountRetention(events, part, starts);
    for (const [n, { size, cells }] of cohorts.entries()) {
      expect(size).toBe(expected[n]?.size);
      // What is not over has no value.
      const users = cells.flatMap((cell, offset) => (cell.users === null ? [] : [[offset, cell.users]]));
      expect(users).toEqual(users.map(([offset = 0]) => [offset, expected[n]?.users[offset]]));
    }
    expect(cohorts.at(-1)?.cells.every(({ users }) => users === null)).toBe(true);
    expect(cohorts[0]?.cells[0]?.users).not.toBeNull();
  });

  it.each(["command", "feature"] as const)("of paths between %ss", async (of) => {
    const answer = await answerPaths(context, pathsQuestion.parse({ ...range, of, top: 200 }));
    const counts = answer.transitions.map(({ from, to, count }) => [`${from ?? ""}>${to ?? ""}`, count]);
    const expected = recountPaths(events, { ...range, of });
    expect(Object.fromEntries(counts)).toEqual(expected);
    // What follows a step, with the exits, is all of it.
    for (const { from } of answer.transitions) {
      const shares = answer.transitions.filter((one) => one.from === from).map(({ share }) => share);
      expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
    }
  });

  it.each(grains)("of the lifecycle by %s", async (grain) => {
    const starts = bucketsOf(grain, wholePeriod(grain, range.from, range.to));
    const { buckets } = await answerLifecycle(context, lifecycleQuestion.parse({ ...range, grain }));
    expect(buckets.map(({ users }) => users)).toEqual(recountLifecycle(events, grain, starts));
  });

  it("of active days", async () => {
    const { users } = await answerStickiness(context, stickinessQuestion.parse(range));
    const expected = recountStickiness(events, range.from, range.to);
    expect(users).toEqual(users.map((_, n) => expected.get(n + 1) ?? 0));
  });
});

describe("a funnel", () => {
  const at = (time: string) => Date.parse(`${addDays(today, -10)}T${time}Z`);
  let count = 0;
  const event = (user: number, time: string, type: string): TestEvent => {
    count += 1;
    return {
      id: `0199b0c0-1111-7000-8000-${String(count).padStart(12, "0")}`,
      user: `11111111-0000-4000-8000-${String(user).padStart(12, "0")}`,
      session: "f".repeat(64),
      tsMs: at(time),
      seq: count,
      type,
      established: true,
      columns: {},
    };
  };
  const day = { from: addDays(today, -10), to: addDays(today, -10) };
  const [shown, clicked, ended] = ["upgrade_prompt_shown", "upgrade_link_clicked", "upgrade_completed"] as const;
  const steps = [{ event: shown }, { event: clicked }];

  const clicks = ["10:01", "10:02", "10:03", "10:04", "10:05"];

  /** By hand: a user per idea; their events come in this order, which is their sequence. */
  const own = [
    // 1: both at the same instant. Converts.
    event(1, "10:00:00.000", shown),
    event(1, "10:00:00.000", clicked),
    // 2: exactly at the edge of the hour. Converts.
    event(2, "10:00:00.000", shown),
    event(2, "11:00:00.000", clicked),
    // 3: one millisecond later. Does not.
    event(3, "10:00:00.000", shown),
    event(3, "11:00:00.001", clicked),
    // 4: only the second entry is within the hour. Converts after 30 minutes.
    event(4, "10:00:00.000", shown),
    event(4, "11:30:00.000", shown),
    event(4, "12:00:00.000", clicked),
    // 5: clicked before it was shown. Does not.
    event(5, "09:00:00.000", clicked),
    event(5, "10:00:00.000", shown),
    // 6: something else in between. Converts, but not in strict order, nor if it is excluded.
    event(6, "10:00:00.000", shown),
    event(6, "10:01:00.000", ended),
    event(6, "10:02:00.000", clicked),
    // 7: the same, and a clean attempt later. Converts in every way.
    event(7, "10:00:00.000", shown),
    event(7, "10:01:00.000", ended),
    event(7, "10:02:00.000", clicked),
    event(7, "10:05:00.000", shown),
    event(7, "10:06:00.000", clicked),
    // 8: clicked five times. Converts once.
    event(8, "10:00:00.000", shown),
    ...clicks.map((time) => event(8, `${time}:00.000`, clicked)),
  ];

  it("follows the rules by hand: ties, edge, later entries, strict order, exclusion, repetition", async () => {
    await stored.insert(own);
    const usersOf = async (more: object) => {
      const { groups } = await answerFunnel(context, funnelQuestion.parse({ ...day, steps, window_hours: 1, ...more }));
      return groups[0]?.steps.map(({ users }) => users);
    };
    const others = recountFunnel(events, { ...day, steps, window_hours: 1 })["total"] ?? [0, 0];
    const plus = (a: number, b: number) => [a + (others[0] ?? 0), b + (others[1] ?? 0)];
    // 1, 2, 4, 6, 7 and 8 of eight.
    expect(await usersOf({})).toEqual(plus(8, 6));
    // Without 6; 7 by the second attempt.
    expect((await usersOf({ order: "strict" }))?.[1]).toBe(
      5 + (recountFunnel(events, { ...day, steps, window_hours: 1, order: "strict" })["total"]?.[1] ?? 0),
    );
    expect((await usersOf({ exclude: [{ event: ended }] }))?.[1]).toBe(
      5 + (recountFunnel(events, { ...day, steps, window_hours: 1, exclude: [{ event: ended }] })["total"]?.[1] ?? 0),
    );
    // One event is not two steps: 4 and 7 have two entries.
    expect((await usersOf({ steps: [{ event: shown }, { event: shown }], window_hours: 2 }))?.[1]).toBe(
      2 +
        (recountFunnel(events, { ...day, steps: [{ event: shown }, { event: shown }], window_hours: 2 })[
          "total"
        ]?.[1] ?? 0),
    );
  });
});
