/**
 * Notices when a version of the sender begins to send what it should not: its share of events that were refused for privacy in the last minutes,
 * against what it was before.
 */
import { identifierPatterns } from "../../shared/schema/field-types.ts";

const windowMs = 5 * 60_000;
/** Fewer refusals say nothing. */
const minRefused = 20;
/** From this share of a window on, and so many times that of the windows before. */
const minShare = 0.02;
const factor = 4;
/** Of each window before, this much counts on. */
const decay = 0.8;
const maxVersions = 200;

interface Window {
  events: number;
  refused: number;
  beginMs: number;
  /** Before, fading. */
  eventsBefore: number;
  refusedBefore: number;
  raised: boolean;
}

export class LeakDetector {
  readonly #versions = new Map<string, Window>();

  /**
   * A version has a name of its own once an event of it was taken, until others pushed it out; what was refused may say anything, and counts together.
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
    // The one that was seen longest ago goes first.
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

  /** Version → whether it is raised. */
  get states(): ReadonlyMap<string, boolean> {
    return new Map([...this.#versions].map(([name, { raised }]) => [name, raised]));
  }
}
