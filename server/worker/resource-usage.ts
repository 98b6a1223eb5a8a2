/** What a worker itself costs: processor, memory, and time for each event. */
import type { Status } from "../../shared/protocol/worker.ts";

export class ResourceUsage {
  readonly #sinceMs: number;
  #events = 0;
  #recordMs = 0;

  /** `sinceMs`: when the process began to work, in milliseconds since 1970. */
  constructor(sinceMs: number) {
    this.#sinceMs = sinceMs;
  }

  /** Does work on so many events, and remembers how long it took. */
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
