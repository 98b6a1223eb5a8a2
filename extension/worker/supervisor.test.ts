import { describe, expect, it } from "vitest";
import { status } from "../../shared/protocol/worker.ts";
import { ManualTimers, settle } from "../../test/fixtures/timers.ts";
import type { WorkerConnection, WorkerEvents } from "./connection.ts";
import { Supervisor, WorkerDownError } from "./supervisor.ts";

/** Workers that start, answer and die as the test says. */
class Workers {
  started = 0;
  stopped = 0;
  failing = false;
  events: WorkerEvents | undefined;

  readonly launch = async (_: unknown, events: WorkerEvents): Promise<WorkerConnection> => {
    this.started += 1;
    this.events = events;
    if (this.failing) throw new Error("it did not come up");
    return {
      request: async () => "answer" as never,
      notify: () => undefined,
      stop: async () => {
        this.stopped += 1;
      },
    };
  };

  get running(): number {
    return this.started - this.stopped;
  }
}

function setUp() {
  const timers = new ManualTimers();
  const workers = new Workers();
  const told: (string | number | null)[] = [];
  const supervisor = new Supervisor(workers.launch, timers, () => ({ telemetry: true, enabled: true, proxy: null }), {
    up: () => told.push("up"),
    down: (retryMs) => told.push(retryMs),
    dataChanged: () => told.push("data"),
    problemChanged: () => told.push("problem"),
    exportProgress: () => told.push("progress"),
    sharingChanged: () => told.push("sharing"),
  });
  return { timers, workers, told, supervisor };
}

describe("supervisor", () => {
  it("starts no worker before one is needed, and keeps it then", async () => {
    const { workers, supervisor } = setUp();
    supervisor.keepRunning();
    expect(workers.started).toBe(0);
    await supervisor.request(status, {});
    await supervisor.request(status, {});
    expect(workers).toMatchObject({ started: 1, stopped: 0 });
  });

  it("invariant: off-means-nothing: in mode off a worker lives for one command", async () => {
    const { workers, supervisor } = setUp();
    await Promise.all([supervisor.command(status, {}), supervisor.command(status, {})]);
    expect(workers).toMatchObject({ started: 1, stopped: 1 });
  });

  it("ends the worker when the mode becomes off", async () => {
    const { workers, supervisor } = setUp();
    supervisor.keepRunning();
    await supervisor.request(status, {});
    await supervisor.release();
    expect(workers.stopped).toBe(1);
  });

  it("invariant: off-means-nothing: what asks by itself starts no worker in mode off, also if it asked for one before", async () => {
    const { workers, supervisor } = setUp();
    await expect(supervisor.request(status, {})).rejects.toThrow(WorkerDownError);
    supervisor.keepRunning();
    await supervisor.request(status, {});
    await supervisor.release();
    await expect(supervisor.request(status, {})).rejects.toThrow(WorkerDownError);
    expect(workers).toMatchObject({ started: 1, stopped: 1 });
  });

  it("makes a new worker after 1, 5, 30, then every 300 s", async () => {
    const { timers, workers, told, supervisor } = setUp();
    supervisor.keepRunning();
    await supervisor.request(status, {});
    workers.failing = true;
    workers.events?.ended();
    for (const delayMs of [1_000, 5_000, 30_000, 300_000, 300_000]) {
      expect(timers.delaysMs).toEqual([delayMs]);
      await expect(supervisor.request(status, {})).rejects.toThrow(WorkerDownError);
      timers.fire();
      await settle();
    }
    expect(told).toEqual(["up", 1_000, 5_000, 30_000, 300_000, 300_000, 300_000]);
    workers.failing = false;
    timers.fire();
    await settle();
    expect(told.at(-1)).toBe("up");
    await supervisor.request(status, {});
    workers.events?.ended();
    expect(timers.delaysMs).toEqual([1_000]);
  });

  it("invariant: off-means-nothing: a stop cancels the next attempt", async () => {
    const { timers, workers, supervisor } = setUp();
    supervisor.keepRunning();
    workers.failing = true;
    await expect(supervisor.request(status, {})).rejects.toThrow();
    await settle();
    expect(timers.delaysMs).toEqual([1_000]);
    await supervisor.release();
    expect(timers.delaysMs).toEqual([]);
    expect(workers.started).toBe(1);
  });

  it("tries at once for a command of the user's, even while waiting", async () => {
    const { timers, workers, supervisor } = setUp();
    supervisor.keepRunning();
    workers.failing = true;
    await expect(supervisor.request(status, {})).rejects.toThrow();
    await settle();
    workers.failing = false;
    await supervisor.command(status, {});
    expect(timers.delaysMs).toEqual([]);
    expect(workers.running).toBe(2 - workers.stopped);
  });

  it("does not restart a worker that ended in mode off", async () => {
    const { timers, workers, told, supervisor } = setUp();
    workers.failing = true;
    await expect(supervisor.command(status, {})).rejects.toThrow();
    await settle();
    expect(timers.delaysMs).toEqual([]);
    expect(told).toEqual([null]);
  });
});
