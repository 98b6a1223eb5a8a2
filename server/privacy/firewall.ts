/**
 * The firewall turns raw events into clean events; it drops and counts everything else. Layers, in
 * order: shape (`parse-event.ts`), vocabulary (`normalize.ts`), consent (drops fields of other
 * categories), field type, and the scanner for every remaining string. It never throws because of
 * an event's content, never quotes it, and keeps nothing of it.
 */
import { type Category, categories } from "../../shared/schema/categories.ts";
import { type EventTypeName, eventTable, fieldsOf, perEventType } from "../../shared/schema/events.ts";
import { type FieldValue, validatorOf } from "../../shared/schema/field-types.ts";
import { type FieldName, fieldTable } from "../../shared/schema/fields.ts";
import type { Raw } from "../../shared/schema/raw.ts";
import { liveSources, type Source } from "../../shared/schema/sources.ts";
import { type CleanEvent, markClean } from "./clean-event.ts";
import { Counters, type RefusalReason } from "./counters.ts";
import { findSensitive } from "./find-sensitive.ts";
import type { NameHasher } from "./identity.ts";
import { type Hashing, normalize, resolve } from "./normalize.ts";
import { parseEvent, sourceOf } from "./parse-event.ts";
import { openRaw } from "./raw.ts";
import { scan } from "./scanner/scan.ts";
import { isCommandPath } from "./vocabulary.ts";

export interface AdmitOptions {
  readonly collect: readonly Category[];
  /** `block_sensitive`: rejects an event if the scanner finds anything in its raw input. */
  readonly blockSensitive: boolean;
}

export const allowAll: AdmitOptions = { collect: categories, blockSensitive: false };

interface Step {
  readonly name: FieldName;
  readonly required: boolean;
  readonly category: Category;
  readonly check: (value: unknown) => FieldValue | undefined;
  /**
   * Whether to scan each value, or the field's list of values once. Numbers are not scanned, nor
   * are hashes, which are created here and look like secrets.
   */
  readonly scanned: "value" | "list" | "nothing";
  readonly values: readonly string[];
}

const checks = Object.fromEntries(
  Object.entries(fieldTable).map(([name, { type }]) => [name, validatorOf(type, isCommandPath)]),
) as Record<FieldName, Step["check"]>;

const steps = perEventType((type) =>
  fieldsOf(type).map((name): Step => {
    const { type: fieldType, category } = fieldTable[name];
    const values = fieldType.type === "enum" || fieldType.type === "enum_list" ? fieldType.values : [];
    const isScanned = ["command_path", "model", "identifier"].includes(fieldType.type);
    const scanned = values.length > 0 ? "list" : isScanned ? "value" : "nothing";
    return { name, required: eventTable[type].required.includes(name), category, check: checks[name], scanned, values };
  }),
);

/** A step with the user's consent applied; `listIsClean` caches that its list was scanned. */
interface PlannedStep extends Step {
  readonly allowed: boolean;
  listIsClean: boolean;
}

/** Strings cached as clean: the same vocabulary values occur again and again. */
const maxCached = 4_096;

export class Firewall {
  readonly #counters = new Counters();
  readonly #clean = new Set<string>();
  readonly #plans = new Map<EventTypeName, readonly PlannedStep[]>();
  #collect: readonly Category[] = [];
  #allowed: ReadonlySet<Category> = new Set();
  readonly #hashing: Hashing;
  readonly #accepted: ReadonlySet<Source>;

  /**
   * Without a hasher, user-defined names are dropped instead of hashed. `accepted`: events of another source are refused; history
   * comes from the importer only.
   */
  constructor(hasher: NameHasher | null, accepted: readonly Source[] = liveSources) {
    this.#accepted = new Set(accepted);
    this.#hashing = {
      hashOf: (field, kind, name) =>
        hasher !== null && this.#allowed.has(fieldTable[field].category) ? hasher.hash(kind, name) : undefined,
    };
  }

  /** Returns the clean event; `undefined` if rejected. @throws if the local salt is unavailable. */
  admit(raw: Raw, options: AdmitOptions, nowMs: number): CleanEvent | undefined {
    const result = this.admitOrRefuse(raw, options, nowMs);
    return typeof result === "string" ? undefined : result;
  }

  /** Returns the clean event, or why it is rejected. @throws if the local salt is unavailable. */
  admitOrRefuse(raw: Raw, options: AdmitOptions, nowMs: number): CleanEvent | RefusalReason {
    const input = openRaw(raw);
    const result = this.#check(input, options, nowMs);
    if (typeof result === "string") this.#counters.refuse(result, sourceOf(input));
    else this.#counters.accept(result.source);
    return result;
  }

  /** Returns the counts since start, by reason; never by value. */
  counts() {
    return this.#counters.list();
  }

  #check(input: unknown, { collect, blockSensitive }: AdmitOptions, nowMs: number): CleanEvent | RefusalReason {
    if (collect !== this.#collect) {
      this.#collect = collect;
      this.#allowed = new Set(collect);
      this.#plans.clear();
    }
    const parsed = parseEvent(input, nowMs, this.#counters);
    if (typeof parsed === "string") return parsed;
    const { envelope, known } = parsed;
    if (!this.#accepted.has(envelope.source)) return "bad_envelope";
    const type = resolve(parsed.type, known);
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

  /** Returns the permitted fields; `undefined` if a required one is missing or invalid. */
  #payload(type: EventTypeName, known: Readonly<Record<string, unknown>>): CleanEvent["payload"] | undefined {
    const payload: Record<string, FieldValue> = {};
    for (const step of this.#plan(type)) {
      const { name, required, check } = step;
      const input = known[name];
      if (input === undefined || input === null) {
        if (required) return undefined;
      } else if (step.allowed) {
        const value = check(input);
        if (value !== undefined && this.#isClean(step, value)) payload[name] = value;
        else if (required) return undefined;
        else this.#counters.drop(value === undefined ? "bad_value" : "sensitive");
      } else this.#counters.drop("category_off");
    }
    return payload;
  }

  #plan(type: EventTypeName): readonly PlannedStep[] {
    let plan = this.#plans.get(type);
    if (plan === undefined) {
      plan = steps[type].map((step) => ({ ...step, allowed: this.#allowed.has(step.category), listIsClean: false }));
      this.#plans.set(type, plan);
    }
    return plan;
  }

  #isClean(step: PlannedStep, value: FieldValue): boolean {
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
    if (this.#clean.size >= maxCached) this.#clean.clear();
    this.#clean.add(text);
    return true;
  }
}
