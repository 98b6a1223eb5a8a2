/** The firewall's counts since start: by reason, rule and source. Never contains a value. */
import type { Source } from "../../shared/schema/sources.ts";
import type { Rule } from "./scanner/rules.ts";

/** Why an event was rejected. */
export const refusalReasons = [
  "not_an_event",
  "bad_envelope",
  "bad_time",
  "category_off",
  "bad_field",
  "sensitive",
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

/** Why a field was dropped. Unknown names are counted by class only: a name may be personal. */
export const dropReasons = [
  "unknown_field",
  "field_of_another_type",
  "odd_field_name",
  "bad_value",
  "category_off",
  "sensitive",
] as const;
export type DropReason = (typeof dropReasons)[number];

interface SourceCount {
  accepted: number;
  refused: number;
}

export class Counters {
  readonly #refused = new Map<RefusalReason, number>();
  readonly #dropped = new Map<DropReason, number>();
  readonly #redacted = new Map<Rule, number>();
  readonly #sources = new Map<Source | "unknown", SourceCount>();
  #accepted = 0;

  accept(source: Source): void {
    this.#accepted += 1;
    this.#ofSource(source).accepted += 1;
  }

  refuse(reason: RefusalReason, source: Source | undefined): void {
    add(this.#refused, reason);
    this.#ofSource(source ?? "unknown").refused += 1;
  }

  drop(reason: DropReason): void {
    add(this.#dropped, reason);
  }

  redact(rules: Iterable<Rule>): void {
    for (const rule of rules) add(this.#redacted, rule);
  }

  /** Returns JSON-compatible lists for the status. */
  list() {
    return {
      accepted: this.#accepted,
      refused: [...this.#refused].map(([reason, count]) => ({ reason, count })),
      dropped: [...this.#dropped].map(([reason, count]) => ({ reason, count })),
      redacted: [...this.#redacted].map(([rule, count]) => ({ rule, count })),
      sources: [...this.#sources].map(([source, counts]) => ({ source, ...counts })),
    };
  }

  #ofSource(source: Source | "unknown"): SourceCount {
    let counts = this.#sources.get(source);
    if (counts === undefined) {
      counts = { accepted: 0, refused: 0 };
      this.#sources.set(source, counts);
    }
    return counts;
  }
}

function add<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
