import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { markRaw, type Raw } from "../../shared/schema/raw.ts";
import { flushMicrotasks, ManualTimers } from "../../test/fixtures/timers.ts";
import { type Delivery, EventQueue } from "./queue.ts";

const event = (n: number): Raw => markRaw({ n });

/** A worker that responds when the test says so. */
class Receiver {
  readonly batches: (readonly Raw[])[] = [];
  #answer: ((delivery: Delivery) => void) | undefined;

  readonly deliver = (batch: readonly Raw[]): Promise<Delivery> => {
    this.batches.push(batch);
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  };

  async answer(delivery: Delivery): Promise<void> {
    this.#answer?.(delivery);
    await flushMicrotasks();
  }
}

function setUp(capacity = 4_000) {
  const timers = new ManualTimers();
  const receiver = new Receiver();
  return { timers, receiver, queue: new EventQueue(receiver.deliver, timers, capacity) };
}

describe("queue", () => {
  it("sends 250 ms after the first event", () => {
    const { timers, receiver, queue } = setUp();
    queue.push(event(1));
    queue.push(event(2));
    expect(timers.delaysMs).toEqual([250]);
    expect(receiver.batches).toEqual([]);
    timers.fire();
    expect(receiver.batches).toEqual([[event(1), event(2)]]);
  });

  it("is bounded in characters as well as in events, and has room again after a delivery", async () => {
    const { timers, receiver, queue } = setUp();
    const line = 65_536;
    let kept = 0;
    while (queue.push(event(kept), line)) kept += 1;
    expect(kept * line).toBeLessThanOrEqual(4_000_000);
    expect(kept).toBeLessThan(100);
    expect(queue.push(event(kept), 0)).toBe(true);
    timers.fire();
    await receiver.answer("stored");
    expect(queue.push(event(kept), line)).toBe(true);
    queue.clear();
    for (let n = 0; n < kept; n += 1) expect(queue.push(event(n), line)).toBe(true);
  });

  it("sends immediately at 50 events, one batch at a time", async () => {
    const { receiver, queue } = setUp();
    for (let n = 0; n < 120; n += 1) queue.push(event(n));
    expect(receiver.batches.map((batch) => batch.length)).toEqual([50]);
    await receiver.answer("stored");
    await receiver.answer("stored");
    expect(receiver.batches.map((batch) => batch.length)).toEqual([50, 50, 20]);
    await receiver.answer("stored");
    expect(queue.length).toBe(0);
  });

  it("invariant: never-lost-never-twice: keeps a batch until it is acknowledged and sends the same batch again", async () => {
    const { timers, receiver, queue } = setUp();
    queue.push(event(1));
    timers.fire();
    for (const delayMs of [1_000, 5_000, 30_000, 300_000, 300_000]) {
      await receiver.answer("later");
      expect(queue.length).toBe(1);
      expect(timers.delaysMs).toEqual([delayMs]);
      timers.fire();
    }
    await receiver.answer("stored");
    expect(queue.length).toBe(0);
    expect(receiver.batches.every(([first]) => first === receiver.batches[0]?.[0])).toBe(true);
  });

  it("waits for the backoff however many events arrive", async () => {
    const { timers, receiver, queue } = setUp();
    queue.push(event(0));
    timers.fire();
    await receiver.answer("later");
    for (let n = 1; n <= 200; n += 1) queue.push(event(n));
    await flushMicrotasks();
    expect(receiver.batches).toHaveLength(1);
    expect(timers.delaysMs).toEqual([1_000]);
    timers.fire();
    expect(receiver.batches[1]).toHaveLength(50);
  });

  it("refuses events when it is full", () => {
    const { queue } = setUp(2);
    expect([queue.push(event(1)), queue.push(event(2)), queue.push(event(3))]).toEqual([true, true, false]);
    expect(queue.length).toBe(2);
  });

  it("discards all events when it is cleared or refused, and ignores a late response", async () => {
    const { timers, receiver, queue } = setUp();
    queue.push(event(1));
    timers.fire();
    queue.clear();
    expect(queue.length).toBe(0);
    queue.push(event(2));
    await receiver.answer("stored");
    expect(receiver.batches.at(-1)).toEqual([event(2)]);
    await receiver.answer("forget");
    expect(queue.length).toBe(0);
    expect(timers.delaysMs).toEqual([]);
  });

  it("sends the remaining events at shutdown", async () => {
    const { receiver, queue } = setUp();
    queue.push(event(1));
    const flushed = queue.flush();
    await flushMicrotasks();
    await receiver.answer("stored");
    await flushed;
    expect(queue.length).toBe(0);
  });

  it("does not wait at shutdown for a worker that cannot store", async () => {
    const { receiver, queue } = setUp();
    queue.push(event(1));
    const flushed = queue.flush();
    await flushMicrotasks();
    await receiver.answer("later");
    await flushed;
    expect(queue.length).toBe(1);
  });

  it("invariant: never-lost-never-twice: stores each event once and in order, for any sequence of pushes, responses and failures", async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constant("push" as const) },
      fc.constantFrom("stored" as const, "later" as const, "fire" as const, "flush" as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 200 }), async (steps) => {
        const { timers, receiver, queue } = setUp();
        const stored: Raw[] = [];
        const pushed: Raw[] = [];
        const answer = async (delivery: "stored" | "later", answered: number) => {
          if (receiver.batches.length <= answered) return answered;
          if (delivery === "stored") stored.push(...(receiver.batches.at(-1) ?? []));
          const next = receiver.batches.length;
          await receiver.answer(delivery);
          return next;
        };
        let answered = 0;
        for (const action of steps) {
          if (action === "push") {
            const next = event(pushed.length);
            pushed.push(next);
            queue.push(next);
          } else if (action === "fire") timers.fire();
          else if (action === "flush") void queue.flush();
          else answered = await answer(action, answered);
          await flushMicrotasks();
        }
        while (queue.length > 0) {
          timers.fire();
          answered = await answer("stored", answered);
        }
        expect(stored).toEqual(pushed);
      }),
    );
  });
});
