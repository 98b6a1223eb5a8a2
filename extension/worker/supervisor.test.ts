import { describe, expect, it } from "vitest";
import { StatusRequest } from "../../shared/protocol/worker.ts";
import { flushMicrotasks, ManualTimers } from "../../test/fixtures/timers.ts";
import type { WorkerConnection, WorkerEvents } from "./connection.ts";
import { Supervisor, WorkerDownError } from "./supervisor.ts";

/** Workers that start, respond and crash as the test says. */
class Workers {
  started = 0;
  stopped = 0;
  failing = false;
  events: WorkerEvents | undefined;

  readonly launch = async (_: unknown, events: WorkerEvents): Promise<WorkerConnection> => {
    this.started += 1;
    this.events = events;
    if (this.failing) throw new Error("start failed");
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
  const events: (string | number | null)[] = [];
  const supervisor = new Supervisor(workers.launch, timers, () => ({ telemetry: true, enabled: true, proxy: null }), {
    up: () => events.push("up"),
    down: (retryMs) => events.push(retryMs),
    dataChanged: () => events.push("data"),
    problemChanged: () => events.push("problem"),
    exportProgress: () => events.push("progress"),
    sharingChanged: () => events.push("sharing"),
    flushRule: () => events.push("rule"),
  });
  return { timers, workers, events, supervisor };
}

describe("supervisor", () => {
  it("starts a worker on first use and keeps it running", async () => {
    const { workers, supervisor } = setUp();
    supervisor.keepRunning();
    expect(workers.started).toBe(0);
    await supervisor.request(StatusRequest, {});
    await supervisor.request(StatusRequest, {});
    expect(workers).toMatchObject({ started: 1, stopped: 0 });
  });

  it("invariant: off-means-nothing: runs a worker for one command in mode off", async () => {
    const { workers, supervisor } = setUp();
    await Promise.all([supervisor.command(StatusRequest, {}), supervisor.command(StatusRequest, {})]);
    expect(workers).toMatchObject({ started: 1, stopped: 1 });
  });

  it("stops the worker when the mode becomes off", async () => {
    const { workers, supervisor } = setUp();
    supervisor.keepRunning();
    await supervisor.request(StatusRequest, {});
    await supervisor.release();
    expect(workers.stopped).toBe(1);
  });

  it("invariant: off-means-nothing: starts no worker for automatic requests in mode off, even if one ran before", async () => {
    const { workers, supervisor } = setUp();
    await expect(supervisor.request(StatusRequest, {})).rejects.toThrow(WorkerDownError);
    supervisor.keepRunning();
    await supervisor.request(StatusRequest, {});
    await supervisor.release();
    await expect(supervisor.request(StatusRequest, {})).rejects.toThrow(WorkerDownError);
    expect(workers).toMatchObject({ started: 1, stopped: 1 });
  });

  it("restarts the worker after 1, 5, 30, then every 300 s", async () => {
    const { timers, workers, events, supervisor } = setUp();
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
    expect(events).toEqual(["up", 1_000, 5_000, 30_000, 300_000, 300_000, 300_000]);
    workers.failing = false;
    timers.fire();
    await flushMicrotasks();
    expect(events.at(-1)).toBe("up");
    await supervisor.request(StatusRequest, {});
    workers.events?.ended();
    expect(timers.delaysMs).toEqual([1_000]);
  });

  it("invariant: off-means-nothing: cancels the next attempt when it is released", async () => {
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

  it("retries immediately for a user command, even during backoff", async () => {
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

  it("does not restart a worker that failed in mode off", async () => {
    const { timers, workers, events, supervisor } = setUp();
    workers.failing = true;
    await expect(supervisor.command(StatusRequest, {})).rejects.toThrow();
    await flushMicrotasks();
    expect(timers.delaysMs).toEqual([]);
    expect(events).toEqual([null]);
  });
});
