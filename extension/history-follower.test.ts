import { beforeEach, describe, expect, it, vi } from "vitest";
import { hourMs } from "../shared/schema/durations.ts";
import { HistoryFollower } from "./history-follower.ts";

/** Timers that run on command. */
class Clock {
  #due: (() => void)[] = [];

  after(_delayMs: number, work: () => void): () => void {
    this.#due.push(work);
    return () => {
      this.#due = this.#due.filter((one) => one !== work);
    };
  }

  get waiting(): number {
    return this.#due.length;
  }

  async tick(): Promise<void> {
    const due = this.#due;
    this.#due = [];
    for (const work of due) work();
    await vi.waitFor(() => expect(this.#due.length).toBeGreaterThan(0));
  }
}

let values: Map<string, unknown>;
let runs: (readonly string[])[];
let clock: Clock;
let isRecording = true;
const warnings: string[] = [];

const follower = () =>
  new HistoryFollower(
    {
      keys: () => [...values.keys()],
      get: (key: string) => values.get(key),
      update: async (key: string, value: unknown) => void values.set(key, value),
    } as never,
    {
      run: async (args) => {
        runs.push(args);
        if (args.includes("goose")) throw new Error("no goose");
        return {};
      },
    },
    clock,
    () => isRecording,
    { warn: (text: string) => void warnings.push(text) },
  );

beforeEach(() => {
  values = new Map();
  runs = [];
  clock = new Clock();
  isRecording = true;
  warnings.length = 0;
  vi.useFakeTimers({ toFake: ["Date"], now: 1_800_000_000_000 });
  return () => vi.useRealTimers();
});

describe("following histories", () => {
  it("does nothing unless one is followed", () => {
    follower().start();
    expect(clock.waiting).toBe(0);
  });

  it("imports what is followed once an hour, in one window", async () => {
    const first = follower();
    await first.follow("cursor", true);
    await first.follow("zsh", true);
    await clock.tick();
    await vi.waitFor(() => expect(runs).toHaveLength(2));
    expect(runs).toEqual([
      ["agents", "import", "cursor", "--yes", "--json"],
      ["shell", "import", "zsh", "--yes", "--json"],
    ]);
    // Another window, a minute later.
    follower().start();
    await clock.tick();
    expect(runs).toHaveLength(2);
    vi.setSystemTime(Date.now() + hourMs);
    await clock.tick();
    await vi.waitFor(() => expect(runs).toHaveLength(4));
  });

  it("imports nothing while recording is off, and stops when nothing is followed", async () => {
    const one = follower();
    await one.follow("cursor", true);
    isRecording = false;
    await clock.tick();
    expect(runs).toEqual([]);
    await one.follow("cursor", false);
    expect(clock.waiting).toBe(0);
  });

  it("goes on after an error, which it reports", async () => {
    await follower().follow("goose", true);
    await clock.tick();
    await vi.waitFor(() => expect(warnings).toEqual(["History was not imported: no goose"]));
    expect(clock.waiting).toBe(1);
  });
});
