/**
 * The firewall: raw input goes in, clean events come out, everything else is dropped and counted.
 *
 * Layers, in order: shape (`shape.ts`), vocabulary (`derive.ts`), consent (a field whose category is off is dropped),
 * the check of each field's kind, and the scanner over every string that is left. It never throws for what an event
 * holds, never quotes what it saw, and keeps nothing of it.
 */
import { type Category, categories } from "../../shared/schema/categories.ts";
import { type EventTypeName, eventTable, fieldsOf, perEventType } from "../../shared/schema/events.ts";
import { type FieldValue, validatorOf } from "../../shared/schema/field-types.ts";
import { type FieldName, fieldTable } from "../../shared/schema/fields.ts";
import type { Raw } from "../../shared/schema/raw.ts";
import { type CleanEvent, markClean } from "./clean-event.ts";
import { Counters, type RefusalReason } from "./counters.ts";
import { findSensitive } from "./find-sensitive.ts";
import type { NameHasher } from "./identity.ts";
import { type Hashing, normalize, resolve } from "./normalize.ts";
import { parseEvent, sourceOf } from "./parse-event.ts";
import { openRaw } from "./raw.ts";
import { scan } from "./scanner/scan.ts";
import { isCommandPath } from "./vocabulary.ts";

/** What the user allows. */
export interface AdmitOptions {
  readonly collect: readonly Category[];
  /** `block_sensitive`: an event in whose raw input the scanner finds anything is refused whole. */
  readonly blockSensitive: boolean;
}

export const allowAll: AdmitOptions = { collect: categories, blockSensitive: false };

interface Step {
  readonly name: FieldName;
  readonly required: boolean;
  readonly category: Category;
  readonly check: (value: unknown) => FieldValue | undefined;
  /**
   * What of it the scanner judges: each value, or once its whole list of words. Numbers say nothing to it; hashes are
   * made here, and look like secrets.
   */
  readonly scanned: "value" | "list" | "nothing";
  readonly values: readonly string[];
}

const checks = Object.fromEntries(
  Object.entries(fieldTable).map(([name, { type }]) => [name, validatorOf(type, isCommandPath)]),
) as Record<FieldName, Step["check"]>;

const steps = perEventType((type) =>
  fieldsOf(type).map((name): Step => {
    const { type: kind, category } = fieldTable[name];
    const values = kind.type === "enum" || kind.type === "enum_list" ? kind.values : [];
    const scanned =
      values.length > 0 ? "list" : kind.type === "command_path" || kind.type === "identifier" ? "value" : "nothing";
    return { name, required: eventTable[type].required.includes(name), category, check: checks[name], scanned, values };
  }),
);

/** A step as the user's consent has it, and whether its list of words was scanned. */
interface Planned extends Step {
  readonly allowed: boolean;
  listIsClean: boolean;
}

/** So many strings are remembered as clean: vocabulary words come again and again. */
const rememberedStrings = 4_096;

export class Firewall {
  readonly #counters = new Counters();
  readonly #clean = new Set<string>();
  readonly #plans = new Map<EventTypeName, readonly Planned[]>();
  #collect: readonly Category[] = [];
  #allowed: ReadonlySet<Category> = new Set();
  readonly #hashing: Hashing;

  /** Without a hasher names of the user's own leave nothing, not even a hash. */
  constructor(hasher: NameHasher | null) {
    this.#hashing = {
      hashOf: (field, kind, name) =>
        hasher !== null && this.#allowed.has(fieldTable[field].category) ? hasher.hash(kind, name) : undefined,
    };
  }

  /** The clean event, or `undefined` where the whole event is refused. @throws where the local salt cannot be had. */
  admit(raw: Raw, allowance: AdmitOptions, nowMs: number): CleanEvent | undefined {
    const admitted = this.admitOrRefuse(raw, allowance, nowMs);
    return typeof admitted === "string" ? undefined : admitted;
  }

  /** The clean event, or why the whole event is refused. @throws where the local salt cannot be had. */
  admitOrRefuse(raw: Raw, allowance: AdmitOptions, nowMs: number): CleanEvent | RefusalReason {
    const input = openRaw(raw);
    const verdict = this.#check(input, allowance, nowMs);
    if (typeof verdict === "string") this.#counters.refuse(verdict, sourceOf(input));
    else this.#counters.accept(verdict.source);
    return verdict;
  }

  /** What was done since start, by reason; never by value. */
  counts() {
    return this.#counters.list();
  }

  #check(input: unknown, { collect, blockSensitive }: AdmitOptions, nowMs: number): CleanEvent | RefusalReason {
    if (collect !== this.#collect) {
      this.#collect = collect;
      this.#allowed = new Set(collect);
      this.#plans.clear();
    }
    const shaped = parseEvent(input, nowMs, this.#counters);
    if (typeof shaped === "string") return shaped;
    const { envelope, known } = shaped;
    const type = resolve(shaped.type, known);
    if (!this.#allowed.has(eventTable[type].category)) return "category_off";
    if (blockSensitive) {
      const found = findSensitive(input);
      this.#counters.redact(found);
      if (found.size > 0) return "sensitive";
    }
    normalize(type, known, this.#hashing);
    const payload = this.#payload(type, known);
    if (payload === undefined) return "bad_field";
    const { id, ts, utcOffsetMin, sessionId, source, seq } = envelope;
    return markClean({ id, type, tsMs: ts, utcOffsetMin, sessionId, source, seq, payload });
  }

  /** The fields that may be kept; `undefined` where a required one is missing or wrong. */
  #payload(type: EventTypeName, known: Readonly<Record<string, unknown>>): CleanEvent["payload"] | undefined {
    const payload: Record<string, FieldValue> = {};
    for (const step of this.#plan(type)) {
      const { name, required, check } = step;
      const given = known[name];
      if (given === undefined || given === null) {
        if (required) return undefined;
      } else if (step.allowed) {
        const value = check(given);
        if (value !== undefined && this.#isClean(step, value)) payload[name] = value;
        else if (required) return undefined;
        else this.#counters.drop(value === undefined ? "bad_value" : "sensitive");
      } else this.#counters.drop("category_off");
    }
    return payload;
  }

  #plan(type: EventTypeName): readonly Planned[] {
    let plan = this.#plans.get(type);
    if (plan === undefined) {
      plan = steps[type].map((step) => ({ ...step, allowed: this.#allowed.has(step.category), listIsClean: false }));
      this.#plans.set(type, plan);
    }
    return plan;
  }

  #isClean(step: Planned, value: FieldValue): boolean {
    if (step.scanned === "nothing" || step.listIsClean) return true;
    if (step.scanned === "value") return typeof value === "string" && (this.#clean.has(value) || this.#scan(value));
    step.listIsClean = step.values.every((word) => this.#scan(word));
    return step.listIsClean;
  }

  #scan(text: string): boolean {
    const { rules } = scan(text);
    if (rules.size > 0) {
      this.#counters.redact(rules);
      return false;
    }
    if (this.#clean.size >= rememberedStrings) this.#clean.clear();
    this.#clean.add(text);
    return true;
  }
}
