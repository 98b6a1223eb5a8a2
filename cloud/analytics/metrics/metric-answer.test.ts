/** Every metric equals a recount that knows neither SQL nor this code, also after late, repeated and erased events. */
import { afterAll, describe, expect, it } from "vitest";
import { dayOf } from "../../hours.ts";
import { type TestEvent, testEvents } from "../../test/recount/events.ts";
import { dayOf as dayOfMs, nextBucket, type Question, recountMetric } from "../../test/recount/metrics.ts";
import { hoursOf, RecountedWarehouse } from "../../test/recount/recounted.ts";
import { recomputeHours } from "../../warehouse/rollups.ts";
import { addDays, bucketsOf, type Grain, wholePeriod } from "../period.ts";
import { metricQuestion } from "../question.ts";
import { type MetricName, metricNames, metricOf } from "./catalogue.ts";
import { answerMetric, type MetricAnswer, type Series } from "./metric-answer.ts";

const nowMs = Math.floor(Date.now() / 60_000) * 60_000;
const today = dayOf(nowMs);
const [from, to] = [addDays(today, -40), today];

const stored = await RecountedWarehouse.open(nowMs);
const { warehouse } = stored;
afterAll(() => stored.close());

const keyOf = ({ group }: Series): string => (group.type === "value" ? group.value : "");

/** The cells of an answer that are not empty, by bucket and group. */
function cellsOf({ buckets, series }: MetricAnswer, isGrouped: boolean): ReadonlyMap<string, number> {
  const shown = series.filter(({ group }) => group.type === (isGrouped ? "value" : "all"));
  return new Map(
    shown.flatMap((one) =>
      one.cells.flatMap(({ value }, n) => {
        const start = buckets[n]?.start ?? "";
        return value === null || value === 0 ? [] : [[`${start} ${keyOf(one)}`, value] as const];
      }),
    ),
  );
}

const rounded = (cells: Iterable<readonly [string, number | null]>): Record<string, number> =>
  Object.fromEntries(
    [...cells]
      .filter(([, value]) => value !== null && value !== 0)
      .map(([key, value]) => [key, Number(Number(value).toFixed(9))] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );

async function expectEqual(
  events: readonly TestEvent[],
  metric: MetricName,
  grain: Grain,
  groupBy: Question["groupBy"],
  filters: Question["filters"] = [],
): Promise<void> {
  const starts = bucketsOf(grain, wholePeriod(grain, from, to));
  const question = metricQuestion.parse({
    metric,
    grain,
    from,
    to,
    filters,
    top: 50,
    ...(groupBy === null ? {} : { group_by: groupBy }),
  });
  const answer = await answerMetric({ warehouse, nowMs, minUsers: 1 }, question);
  const expected = recountMetric(events, { metric, grain, starts, groupBy, filters, today });
  const where = `${metric} by ${grain}, ${groupBy ?? "all"}, ${JSON.stringify(filters)}`;
  expect({ where, cells: rounded(cellsOf(answer, groupBy !== null)) }).toEqual({ where, cells: rounded(expected) });
}

/** `isShort`: each metric once. */
async function expectAll(events: readonly TestEvent[], isShort = false): Promise<void> {
  for (const metric of metricNames) {
    const { grains, dimensions } = metricOf(metric);
    const [first = "day"] = grains;
    if (isShort) {
      await expectEqual(events, metric, first, dimensions[0] ?? null);
      continue;
    }
    for (const grain of grains) await expectEqual(events, metric, grain, null);
    for (const dimension of dimensions) await expectEqual(events, metric, first, dimension);
    const filter = dimensions.find((name) => name === "os");
    if (filter !== undefined) await expectEqual(events, metric, first, null, [{ dimension: filter, value: "linux" }]);
  }
}

describe("invariant: every answer equals a recount", () => {
  const events = testEvents(1, nowMs, 25);
  const late = testEvents(2, nowMs, 12).map((event) => ({
    ...event,
    user: events[0]?.user ?? "",
    seq: event.seq + 1_000,
  }));

  it("of events that arrived in any order", async () => {
    const middle = Math.floor(events.length / 2);
    await stored.insert(events.slice(middle));
    await stored.insert(events.slice(0, middle));
    await expectAll(events);
  });

  it("of late and repeated events", async () => {
    await stored.insert(events.slice(0, 50), nowMs + 1);
    await stored.insert(late.slice(0, 30));
    await expectAll([...events, ...late.slice(0, 30)], true);
  });

  it("without an erased user", async () => {
    const [{ user = "" } = {}] = events;
    const own = [...events, ...late].filter((event) => event.user === user);
    const remaining = events.filter((event) => event.user !== user);
    for (const table of ["events", "session_hours", "users"])
      await warehouse.erase(table, "anon_user_id = {user:UUID}", { user });
    await recomputeHours(warehouse, hoursOf(own), nowMs);
    await expectAll(remaining, true);
  });
});

it("marks a bucket that is not over, gives empty ones a value, and none to those whose events have expired", async () => {
  const ask = async (metric: MetricName) => {
    const question = metricQuestion.parse({ metric, from: addDays(today, -95), to: today });
    return answerMetric({ warehouse, nowMs, minUsers: 1 }, question);
  };
  const { buckets, series } = await ask("dau");
  expect(buckets.at(-1)).toEqual({ start: today, complete: false });
  expect(buckets.slice(0, -1).every(({ complete }) => complete)).toBe(true);
  expect(buckets).toHaveLength(96);
  expect(nextBucket("day", buckets.at(-2)?.start ?? "")).toBe(dayOfMs(nowMs));
  const known = (one: readonly Series[]) => one[0]?.cells.filter(({ value }) => value !== null).length;
  // 89 days back, and the days before that a window needs.
  expect(known(series)).toBe(90);
  expect(known((await ask("mau_rolling30")).series)).toBe(90 - 29);
});
