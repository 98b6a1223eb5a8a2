import { describe, expect, it } from "vitest";
import { StatusRequest } from "../../shared/protocol/worker.ts";
import { flushMicrotasks, ManualTimers } from "../../test/fixtures/timers.ts";
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
  const notices: (string | number | null)[] = [];
  const supervisor = new Supervisor(workers.launch, timers, () => ({ telemetry: true, enabled: true, proxy: null }), {
    up: () => notices.push("up"),
    down: (retryMs) => notices.push(retryMs),
    dataChanged: () => notices.push("data"),
    problemChanged: () => notices.push("problem"),
    exportProgress: () => notices.push("progress"),
    sharingChanged: () => notices.push("sharing"),
  });
  return { timers, workers, notices, supervisor };
}

describe("supervisor", () => {
  it("starts no worker before one is needed, and keeps it then", async () => {
    const { workers, supervisor } = setUp();
    supervisor.keepRunning();
    expect(workers.started).toBe(0);
    await supervisor.request(StatusRequest, {});
    await supervisor.request(StatusRequest, {});
    expect(workers).toMatchObject({ started: 1, stopped: 0 });
  });

  it("invariant: off-means-nothing: in mode off a worker lives for one command", async () => {
    const { workers, supervisor } = setUp();
    await Promise.all([supervisor.command(StatusRequest, {}), supervisor.command(StatusRequest, {})]);
    expect(workers).toMatchObject({ started: 1, stopped: 1 });
  });

  it("ends the worker when the mode becomes off", async () => {
    const { workers, supervisor } = setUp();
    supervisor.keepRunning();
    await supervisor.request(StatusRequest, {});
    await supervisor.release();
    expect(workers.stopped).toBe(1);
  });

  it("invariant: off-means-nothing: what asks by itself starts no worker in mode off, also if it asked for one before", async () => {
    const { workers, supervisor } = setUp();
    await expect(supervisor.request(StatusRequest, {})).rejects.toThrow(WorkerDownError);
    supervisor.keepRunning();
    await supervisor.request(StatusRequest, {});
    await supervisor.release();
    await expect(supervisor.request(StatusRequest, {})).rejects.toThrow(WorkerDownError);
    expect(workers).toMatchObject({ started: 1, stopped: 1 });
  });

  it("makes a new worker after 1, 5, 30, then every 300 s", async () => {
    const { timers, workers, notices, supervisor } = setUp();
    supervisor.keepRunning();
    await supervisor.request(StatusRequest, {});
    workers.failing = true;
    workers.events?.ended();
    for (const delayMs of [1_000, 5_000, 30_000, 300_000, 300_000]) {
      expect(timers.delaysMs).toEqual([delayMs]);
      await expect(supervisor.request(StatusRequest, {})).rejects.toThrow(WorkerDownError);
      timers.fire();
      await flushMicrotasks();
    }
    expect(notices).toEqual(["up", 1_000, 5_000, 30_000, 300_000, 300_000, 300_000]);
    workers.failing = false;
    timers.fire();
    await flushMicrotasks();
    expect(notices.at(-1)).toBe("up");
    await supervisor.request(StatusRequest, {});
    workers.events?.ended();
    expect(timers.delaysMs).toEqual([1_000]);
  });

  it("invariant: off-means-nothing: a stop cancels the next attempt", async () => {
    const { timers, workers, supervisor } = setUp();
    supervisor.keepRunning();
    workers.failing = true;
    await expect(supervisor.request(StatusRequest, {})).rejects.toThrow();
    await flushMicrotasks();
    expect(timers.delaysMs).toEqual([1_000]);
    await supervisor.release();
    expect(timers.delaysMs).toEqual([]);
    expect(workers.started).toBe(1);
  });

  it("tries at once for a command of the user's, even while waiting", async () => {
    const { timers, workers, supervisor } = setUp();
    supervisor.keepRunning();
    workers.failing = true;
    await expect(supervisor.request(StatusRequest, {})).rejects.toThrow();
    await flushMicrotasks();
    workers.failing = false;
    await supervisor.command(StatusRequest, {});
    expect(timers.delaysMs).toEqual([]);
    expect(workers.running).toBe(2 - workers.stopped);
  });

  it("does not restart a worker that ended in mode off", async () => {
    const { timers, workers, notices, supervisor } = setUp();
    workers.failing = true;
    await expect(supervisor.command(StatusRequest, {})).rejects.toThrow();
    await flushMicrotasks();
    expect(timers.delaysMs).toEqual([]);
    expect(notices).toEqual([null]);
  });
});
