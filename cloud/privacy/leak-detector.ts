/**
 * Detects a client version that sends more sensitive data than before: compares its share of events
 * refused for privacy reasons in the current window with that of earlier windows.
 */
import { identifierPatterns } from "../../shared/schema/field-types.ts";

const windowMs = 5 * 60_000;
/** Minimum refusals in a window: fewer are not significant. */
const minRefused = 20;
/** Minimum share of refused events in a window, and minimum multiple of the earlier share. */
const minShare = 0.02;
const factor = 4;
/** Weight of earlier windows per window. */
const decay = 0.8;
const maxVersions = 200;

interface Window {
  events: number;
  refused: number;
  beginMs: number;
  /** Decayed counts of earlier windows. */
  eventsBefore: number;
  refusedBefore: number;
  raised: boolean;
}

export class LeakDetector {
  readonly #versions = new Map<string, Window>();

  /**
   * Counts an event. A version gets its own name with its first accepted event, until other
   * versions evict it; refused events may claim any version and otherwise count as "other".
   */
  count(version: unknown, outcome: "taken" | "refused" | "leaked", nowMs: number): void {
    const isVersion = typeof version === "string" && identifierPatterns.version.test(version);
    const name = isVersion && (outcome === "taken" || this.#versions.has(version)) ? version : "other";
    const window = this.#versions.get(name) ?? {
      events: 0,
      refused: 0,
      beginMs: nowMs,
      eventsBefore: 0,
      refusedBefore: 0,
      raised: false,
    };
    // Map order is least recently seen first.
    this.#versions.delete(name);
    if (this.#versions.size >= maxVersions) this.#versions.delete(this.#versions.keys().next().value ?? "");
    this.#versions.set(name, window);
    if (nowMs - window.beginMs >= windowMs) {
      window.eventsBefore = decay * (window.eventsBefore + window.events);
      window.refusedBefore = decay * (window.refusedBefore + window.refused);
      Object.assign(window, { events: 0, refused: 0, beginMs: nowMs });
    }
    window.events += 1;
    if (outcome === "leaked") window.refused += 1;
    const share = window.refused / window.events;
    const before = window.eventsBefore === 0 ? 0 : window.refusedBefore / window.eventsBefore;
    window.raised = window.refused >= minRefused && share >= minShare && share >= factor * before;
  }

  /** Version → whether it leaks more than before. */
  get states(): ReadonlyMap<string, boolean> {
    return new Map([...this.#versions].map(([name, { raised }]) => [name, raised]));
  }
}
