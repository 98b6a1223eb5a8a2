/** Prometheus metrics. Labels take values from closed lists only, never from requests. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry as Metrics } from "prom-client";
import type { RefusedEvent } from "./privacy/filter.ts";
import { LeakDetector } from "./privacy/leak-detector.ts";

export interface WatchParts {
  readonly waitingBytes: () => number;
  readonly erasures: () => number;
  readonly versions: ReadonlySet<string>;
}

export class ServerMetrics {
  readonly metrics = new Metrics();
  readonly alarm = new LeakDetector();
  readonly #batches: Counter<"outcome">;
  readonly #events: Counter<"outcome">;
  readonly #refused: Counter<"reason" | "type" | "field">;
  readonly #requests: Counter<"status" | "error">;
  readonly #answered: Histogram;
  readonly #inserted: Counter;
  readonly #failed: Counter;
  /** Counts since `takeCounts`, for the table `operations`. */
  #counts = new Map<string, number>();

  /** `erasures`: number of pending erasures. `versions`: product versions with their own label. */
  constructor({ waitingBytes, erasures, versions }: WatchParts) {
    const registers = [this.metrics];
    collectDefaultMetrics({ register: this.metrics });
    this.#batches = new Counter({
      name: "nexus_batches_total",
      help: "Batches by outcome.",
      labelNames: ["outcome"],
      registers,
    });
    this.#events = new Counter({
      name: "nexus_events_total",
      help: "Events by outcome.",
      labelNames: ["outcome"],
      registers,
    });
    this.#refused = new Counter({
      name: "nexus_refused_total",
      help: "Refused events by reason, type and field.",
      labelNames: ["reason", "type", "field"],
      registers,
    });
    this.#requests = new Counter({
      name: "nexus_requests_refused_total",
      help: "Refused requests by status and error.",
      labelNames: ["status", "error"],
      registers,
    });
    this.#answered = new Histogram({
      name: "nexus_answer_seconds",
      help: "Seconds from receiving a batch to its receipt.",
      buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1],
      registers,
    });
    this.#inserted = new Counter({ name: "nexus_inserted_total", help: "Rows inserted.", registers });
    this.#failed = new Counter({
      name: "nexus_insert_failures_total",
      help: "Failed inserts (retried).",
      registers,
    });
    const { alarm } = this;
    new Gauge({
      name: "nexus_leak_alarm",
      help: "1 if a client version sends more sensitive data than before.",
      labelNames: ["version"],
      registers,
      collect() {
        // Clients can claim any version: unknown ones share a label, and labels are rebuilt on each
        // scrape.
        this.reset();
        for (const [name, raised] of alarm.states) {
          const version = versions.has(name) ? name : "other";
          if (raised || version !== "other") this.set({ version }, raised ? 1 : 0);
        }
      },
    });
    new Gauge({
      name: "nexus_erasures_waiting",
      help: "Pending erasures.",
      registers,
      collect() {
        this.set(erasures());
      },
    });
    new Gauge({
      name: "nexus_waiting_bytes",
      help: "Log bytes not yet inserted.",
      registers,
      collect() {
        this.set(waitingBytes());
      },
    });
  }

  batch(outcome: "accepted" | "repeated" | "turned_away", seconds?: number): void {
    this.#batches.inc({ outcome });
    if (seconds !== undefined) this.#answered.observe(seconds);
  }

  accepted(events: number): void {
    this.#events.inc({ outcome: "accepted" }, events);
    this.#add("events_accepted", events);
  }

  requestRefused(status: number, error: string): void {
    this.#requests.inc({ status, error });
    this.#add(`requests_refused_${status}`, 1);
  }

  refused({ reason, type, field }: RefusedEvent): void {
    this.#events.inc({ outcome: "refused" });
    this.#refused.inc({ reason, type, field });
    this.#add(`events_refused_${reason}`, 1);
  }

  erased(events: number, erasures: number): void {
    this.#add("erasures", erasures);
    this.#add("events_erased", events);
  }

  inserted(rows: number): void {
    this.#inserted.inc(rows);
  }

  failed(): void {
    this.#failed.inc();
  }

  /** Returns the counts since the last call and resets them. */
  takeCounts(): ReadonlyMap<string, number> {
    const counts = this.#counts;
    this.#counts = new Map();
    return counts;
  }

  /** Adds back counts that could not be stored. */
  giveBack(counts: ReadonlyMap<string, number>): void {
    for (const [name, count] of counts) this.#add(name, count);
  }

  #add(name: string, count: number): void {
    if (count > 0) this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }
}
