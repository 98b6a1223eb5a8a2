/** Small numbers stay hidden: the rule by itself, and no two answers give away few users. */
import { afterAll, describe, expect, it } from "vitest";
import { dayOf } from "../hours.ts";
import { type TestEvent, testEvents } from "../test/recount/events.ts";
import { fieldOf } from "../test/recount/metrics.ts";
import { RecountedWarehouse } from "../test/recount/recounted.ts";
import { answerFunnel } from "./funnels/funnel-answer.ts";
import { answerMetric } from "./metrics/metric-answer.ts";
import { startOf } from "./period.ts";
import { funnelQuestion, metricQuestion, retentionQuestion } from "./question.ts";
import { answerRetention } from "./retention-answer.ts";
import { hideSmall } from "./suppression.ts";

const nowMs = Date.now();
const stored = await RecountedWarehouse.open(nowMs);
afterAll(() => stored.close());

const cellsOf = (...users: readonly number[]) => users.map((n) => ({ users: { all: n, counted: n }, complements: [] }));

describe("hiding", () => {
  it("goes by users, and the minimum itself is shown", () => {
    expect(hideSmall(cellsOf(0, 6, 6), 6)).toEqual({ cells: [false, false, false], total: false });
    expect(hideSmall(cellsOf(2, 3, 90), 5)).toEqual({ cells: [true, true, false], total: false });
    expect(hideSmall(cellsOf(1, 2), 1)).toEqual({ cells: [false, false], total: false });
  });

  it("hides the next smallest too, until the hidden ones cannot be computed from the total", () => {
    expect(hideSmall(cellsOf(50, 14, 2), 5).cells).toEqual([false, true, true]);
    expect(hideSmall(cellsOf(50, 14, 1, 1), 5).cells).toEqual([false, true, true, true]);
    // Nothing else can be hidden: the total goes.
    expect(hideSmall(cellsOf(3, 0), 5)).toEqual({ cells: [true, false], total: true });
  });

  it("hides a cell whose rest is small, and users who do not count", () => {
    const rest = [{ users: { all: 90, counted: 90 }, complements: [{ all: 2, counted: 2 }] }];
    expect(hideSmall(rest, 5).cells).toEqual([true]);
    // A single hidden cell of any size could be computed from the total.
    expect(hideSmall([...rest, ...cellsOf(40, 60)], 5).cells).toEqual([true, true, false]);
    expect(hideSmall([{ users: { all: 90, counted: 3 }, complements: [] }], 5).cells).toEqual([true]);
  });
});

it("hides a group if few users did everything else", async () => {
  await stored.clear();
  const users = Array.from({ length: 8 }, (_, n) => `22222222-0000-4000-8000-${String(n).padStart(12, "0")}`);
  let seq = 0;
  const event = (user: string, product_version: string): TestEvent => {
    seq += 1;
    return {
      id: `0199b0c0-2222-7000-8000-${String(seq).padStart(12, "0")}`,
      user,
      session: "e".repeat(64),
      tsMs: nowMs - 86_400_000,
      seq,
      type: "thinktool_completed",
      established: true,
      columns: { product_version, thinktool: "bedrock" },
    };
  };
  // Two of the users of 0.9.0 have three other versions: six cells' users in all, but only two people.
  const others = ["0.6.0", "0.7.0", "0.8.0"].flatMap((version) =>
    users.slice(0, 2).map((user) => event(user, version)),
  );
  await stored.insert([...users.map((user) => event(user, "0.9.0")), ...others]);
  const day = dayOf(nowMs - 86_400_000);
  const question = metricQuestion.parse({ metric: "thinktool_usage", from: day, to: day, group_by: "version" });
  const { series } = await answerMetric({ warehouse: stored.warehouse, nowMs, minUsers: 5 }, question);
  const ofGroup = series.map(({ group, cells }) => [
    group.type === "value" ? group.value : group.type,
    cells[0]?.value,
  ]);
  expect(Object.fromEntries(ofGroup)).toEqual({ "0.9.0": null, "0.6.0": null, "0.7.0": null, "0.8.0": null, all: 14 });
});

it("keeps a small group of a funnel and a small cohort out of their totals", async () => {
  await stored.clear();
  let seq = 0;
  const day = (ago: number) => nowMs - ago * 86_400_000;
  const event = (user: number, ago: number, type: string, product_os: string): TestEvent => {
    seq += 1;
    return {
      id: `0199b0c0-3333-7000-8000-${String(seq).padStart(12, "0")}`,
      user: `33333333-0000-4000-8000-${String(user).padStart(12, "0")}`,
      session: "d".repeat(64),
      tsMs: day(ago),
      seq,
      type,
      established: true,
      columns: { product_os },
    };
  };
  // Three users of Windows, who began three days ago; six of macOS and nine of Linux, five days ago.
  const people = Array.from({ length: 18 }, (_, n) => ({ n, os: n < 3 ? "windows" : n < 9 ? "macos" : "linux" }));
  const events = people.flatMap(({ n, os }) => {
    const began = os === "windows" ? 3 : 5;
    return [event(n, began, "install_completed", os), event(n, began - 1, "session_started", os)];
  });
  await stored.insert(events);
  const range = { from: dayOf(day(5)), to: dayOf(day(3)) };
  const context = { warehouse: stored.warehouse, nowMs, minUsers: 5 };
  const steps = [{ event: "install_completed" }, { event: "session_started" }];
  const { groups } = await answerFunnel(context, funnelQuestion.parse({ ...range, steps, group_by: "os" }));
  const first = groups.map(({ group, steps: of }) => [group ?? "all", of[0]?.users]);
  // With the total and Linux, macOS would give Windows away.
  expect(Object.fromEntries(first)).toEqual({ all: 18, linux: 9, macos: null, windows: null });
  const retention = retentionQuestion.parse({ ...range, grain: "day", offsets: 1 });
  const { cohorts, overall } = await answerRetention(context, retention);
  expect(cohorts.map(({ size }) => size)).toEqual([15, 0, null]);
  expect(overall.map(({ hidden }) => hidden)).toEqual([true, true]);
});

describe("invariant: no pair of answers isolates few users", () => {
  const month = startOf("month", dayOf(nowMs));
  const minUsers = 5;
  const names = ["source", "version", "os"] as const;
  type Where = readonly { readonly dimension: (typeof names)[number]; readonly value: string }[];

  it.each(Array.from({ length: 20 }, (_, n) => n))("on data set %i", async (n) => {
    await stored.clear();
    const events = testEvents(100 + n, nowMs, 12 + 6 * n, 6).filter(({ tsMs }) => dayOf(tsMs) >= month);
    if (events.length === 0) return;
    await stored.insert(events);
    const valuesOf = (name: (typeof names)[number]) => [...new Set(events.map((event) => fieldOf(event, name)))];
    const single = names.flatMap((dimension) => valuesOf(dimension).map((value): Where => [{ dimension, value }]));
    const pairs = single.flatMap((a) =>
      single.flatMap((b) => ((a[0]?.dimension ?? "") < (b[0]?.dimension ?? "") ? [[...a, ...b]] : [])),
    );
    // Another fifth in each data set.
    const double = pairs.filter((_, at) => at % 5 === n % 5);
    const usersOf = (where: Where) =>
      new Set(
        events
          .filter((event: TestEvent) => where.every(({ dimension, value }) => fieldOf(event, dimension) === value))
          .map(({ user }) => user),
      );
    const shown = new Map<string, ReadonlySet<string>>();
    for (const where of [[], ...single, ...double]) {
      const free = names.filter((name) => where.every(({ dimension }) => dimension !== name));
      for (const group_by of [undefined, ...free]) {
        const question = metricQuestion.parse({
          metric: "mau",
          from: month,
          to: month,
          filters: where,
          group_by,
          top: 50,
        });
        const { series } = await answerMetric({ warehouse: stored.warehouse, nowMs, minUsers }, question);
        for (const { group, cells } of series) {
          if (cells[0]?.hidden === true || group.type === "other") continue;
          const isOne = group.type === "value" && group_by !== undefined;
          const own: Where = isOne ? [...where, { dimension: group_by, value: group.value }] : where;
          const users = usersOf(own);
          expect(cells[0]?.value).toBe(users.size);
          shown.set(JSON.stringify(own.toSorted((a, b) => (a.dimension < b.dimension ? -1 : 1))), users);
        }
      }
    }
    for (const [name, users] of shown) {
      expect({ name, isSmall: users.size > 0 && users.size < minUsers }).toEqual({ name, isSmall: false });
      for (const [other, fewer] of shown) {
        const difference = users.size - fewer.size;
        if (![...fewer].every((user) => users.has(user)) || difference === 0) continue;
        expect({ name, other, isSmall: difference < minUsers }).toEqual({ name, other, isSmall: false });
      }
    }
  });
});
