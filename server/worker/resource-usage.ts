/** Measures the worker's own resource usage: CPU time, memory, and recording time per event. */
import type { Status } from "../../shared/protocol/worker.ts";

export class ResourceUsage {
  readonly #sinceMs: number;
  #events = 0;
  #recordMs = 0;

  /** `sinceMs`: start of the process, in milliseconds since 1970. */
  constructor(sinceMs: number) {
    this.#sinceMs = sinceMs;
  }

  /** Runs `work` and adds its duration and its number of events. */
  of<T>(events: number, work: () => T): T {
    const startedMs = performance.now();
    try {
      return work();
    } finally {
      this.#events += events;
      this.#recordMs += performance.now() - startedMs;
    }
  }

  now(): NonNullable<Status["resourceUsage"]> {
    const { user, system } = process.cpuUsage();
    return {
      sinceMs: this.#sinceMs,
      cpuMs: Math.round((user + system) / 1_000),
      residentBytes: process.memoryUsage.rss(),
      events: this.#events,
      recordMs: this.#recordMs,
    };
  }
}
