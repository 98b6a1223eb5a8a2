/**
 * The firewall: raw input goes in, clean events come out, everything else is dropped and counted.
 *
 * Layers, in order: shape (is it one of our events at all), derivation (raw inputs become words), consent (a field
 * whose category is off is dropped), and shape again (every value that leaves is a declared word or number). It never
 * throws, never quotes what it saw, and keeps nothing of it.
 */
import { type Category, type EventTypeName, eventTable, perEventType } from "../../shared/events.ts";
import type { Raw } from "../../shared/raw.ts";
import { type CleanEvent, markClean } from "./clean.ts";
import { commandPath } from "./command-path.ts";
import { exitClass, statusOf } from "./exit-class.ts";
import { openRaw } from "./raw.ts";
import { envelope, isFuture, payloadSchemas, rawInputs } from "./shape.ts";
import { canonicalTool } from "./vocabulary.ts";

export const refusalReasons = ["not_an_event", "bad_envelope", "bad_time", "category_off", "bad_field"] as const;
export type RefusalReason = (typeof refusalReasons)[number];

export const dropReasons = ["unknown_field", "bad_value", "category_off"] as const;
export type DropReason = (typeof dropReasons)[number];

const envelopeNames = new Set(Object.keys(envelope.shape));

/** What may stand beside the envelope, by type: the fields and the raw inputs they are made from. */
const knownNames = perEventType(
  (type): ReadonlySet<string> => new Set([...Object.keys(eventTable[type].fields), ...rawInputs[type]]),
);

type Fields = Readonly<Record<string, unknown>>;

/** What raw inputs become. Only here are a command line and an exit code looked at. */
const derivations: Readonly<Record<EventTypeName, (fields: Fields) => Fields>> = {
  agent_event: ({ command_line, exit_code, ...fields }) => {
    const ended = fields["tool_phase"] === "end";
    const exit = exitClass(typeof exit_code === "number" && Number.isSafeInteger(exit_code) ? exit_code : undefined);
    return {
      ...fields,
      ...(typeof fields["tool_name"] === "string" ? { tool_name: canonicalTool(fields["tool_name"]) } : {}),
      ...(typeof command_line === "string" ? { command_path: commandPath(command_line) } : {}),
      ...(ended ? { exit_class: exit, status: statusOf(exit) } : {}),
    };
  },
  events_dropped: (fields) => fields,
};

export class Firewall {
  readonly #refused = new Map<RefusalReason, number>();
  readonly #dropped = new Map<DropReason, number>();
  #accepted = 0;

  /** The clean event, or `undefined` where the whole event is refused. `allowed`: the categories consented to. */
  admit(raw: Raw, allowed: readonly Category[], nowMs: number): CleanEvent | undefined {
    const verdict = this.#judge(openRaw(raw), allowed, nowMs);
    if (typeof verdict === "string") {
      this.#refused.set(verdict, (this.#refused.get(verdict) ?? 0) + 1);
      return undefined;
    }
    this.#accepted += 1;
    return verdict;
  }

  /** What was done since start, by reason; never by value. */
  counts() {
    const list = <R extends string>(counts: ReadonlyMap<R, number>) =>
      [...counts].map(([reason, count]) => ({ reason, count }));
    return { accepted: this.#accepted, refused: list(this.#refused), dropped: list(this.#dropped) };
  }

  #judge(input: unknown, allowed: readonly Category[], nowMs: number): CleanEvent | RefusalReason {
    if (typeof input !== "object" || input === null || Array.isArray(input)) return "not_an_event";
    const parsed = envelope.safeParse(input);
    if (!parsed.success) return "bad_envelope";
    const { event_type: type, ts, ...rest } = parsed.data;
    if (isFuture(ts, nowMs)) return "bad_time";
    if (!allowed.includes(eventTable[type].category)) return "category_off";

    const known: Record<string, unknown> = {};
    let unknown = 0;
    for (const name of Object.keys(input)) {
      if (knownNames[type].has(name)) known[name] = Reflect.get(input, name);
      else if (!envelopeNames.has(name)) unknown += 1;
    }
    this.#drop("unknown_field", unknown);

    const payload = this.#payload(type, derivations[type](known), allowed);
    if (payload === undefined) return "bad_field";
    return markClean({
      id: rest.id,
      type,
      tsMs: ts,
      utcOffsetMin: rest.utc_offset_min,
      sessionId: rest.session_id,
      source: rest.source,
      seq: rest.seq,
      payload,
    });
  }

  /** The fields that may be kept; `undefined` where a required one is missing or wrong. */
  #payload(type: EventTypeName, fields: Fields, allowed: readonly Category[]): CleanEvent["payload"] | undefined {
    const { fields: table } = eventTable[type];
    const kept: Record<string, unknown> = {};
    for (const name of Object.keys(table)) {
      const field = table[name];
      const value = fields[name];
      if (field === undefined || value === undefined) {
        if (field?.optional === false) return undefined;
      } else if (allowed.includes(field.category)) kept[name] = value;
      else this.#drop("category_off", 1);
    }
    const parsed = payloadSchemas[type].safeParse(kept);
    if (parsed.success) return parsed.data;
    // Every field that is wrong is left out, each once, and what remains is judged again.
    const wrong = new Set(parsed.error.issues.map(({ path }) => String(path[0])));
    for (const name of wrong) {
      if (table[name]?.optional !== true) return undefined;
      delete kept[name];
    }
    this.#drop("bad_value", wrong.size);
    return payloadSchemas[type].safeParse(kept).data;
  }

  #drop(reason: DropReason, count: number): void {
    if (count > 0) this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + count);
  }
}
