/**
 * What of an event may be shared, in the two upload schemas. Schema 1: usage aggregation, "Upload Event Schema" and its
 * filter. Schema 2: the envelope of the analytics design, section 3.1, with the fields of the categories that were ticked.
 */
import { type Category, hasCategory } from "../../../shared/schema/categories.ts";
import { eventTable } from "../../../shared/schema/events.ts";
import { type FieldName, fieldTable, type SharingForm } from "../../../shared/schema/fields.ts";
import { nested } from "../../../shared/schema/payload-layout.ts";
import type { UploadSchema } from "../../config/config.ts";
import type { Salt } from "../../privacy/identity.ts";
import type { StoredEvent } from "../../store/events/read.ts";

/** Under whose pseudonym. */
export class Pseudonym {
  readonly anonUserId: string;
  readonly salt: Salt;
  /** The last key before it began. */
  readonly startKey: number;
  #sessionId = "";
  #anonSessionId = "";

  constructor(anonUserId: string, salt: Salt, startKey = 0) {
    this.anonUserId = anonUserId;
    this.salt = salt;
    this.startKey = startKey;
  }

  /** `anon_session_id`. Events of one session mostly come one after the other. */
  sessionOf(sessionId: string): string {
    if (sessionId !== this.#sessionId) {
      this.#anonSessionId = this.salt.anonSessionId(sessionId);
      this.#sessionId = sessionId;
    }
    return this.#anonSessionId;
  }
}

/** Usage aggregation, "Upload Pipeline", step 2. */
function isInSchema1({ type, payload }: StoredEvent): boolean {
  if (type === "agent_event") return payload["stream"] === "tool" && payload["tool_phase"] === "start";
  return type === "command_started" || type === "command_finished" || type === "command_failed";
}

/** Of a session's beginning the hour is shared, in UTC: its millisecond would tell one session from all others. */
const hourMs = 60 * 60 * 1000;

type IsAllowed = (category: Category) => boolean;

function sharedFields(
  { payload }: StoredEvent,
  may: IsAllowed,
  forms: readonly SharingForm[],
): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const name in payload) {
    const { shared, category } = fieldTable[name as FieldName];
    if (forms.includes(shared) && may(category)) fields[name] = payload[name];
  }
  return fields;
}

/**
 * The event as it may be sent, or `undefined` where nothing of it may. A category must have been agreed to when the event was
 * written, and still be (`bits`).
 */
export function projectEvent(
  event: StoredEvent,
  schema: UploadSchema,
  bits: number,
  pseudonym: Pseudonym,
): object | undefined {
  const agreed = (event.share?.bits ?? 0) & bits;
  const may: IsAllowed = (category) => hasCategory(agreed, category);
  if (!may(eventTable[event.type].category)) return undefined;
  const session = pseudonym.sessionOf(event.session.id);
  const sequence = event.share?.seq ?? event.seq;
  // Numbered before its session began: it happened under another pseudonym.
  if (sequence < 1) return undefined;
  if (schema === 1) {
    if (!isInSchema1(event)) return undefined;
    return {
      schema_version: 1,
      anon_user_id: pseudonym.anonUserId,
      anon_session_id: session,
      ts: event.tsMs,
      seq: sequence,
      source: event.source,
      event_type: event.type,
      ...sharedFields(event, may, ["schema_1_and_2"]),
    };
  }
  const { product, version, os, arch, runtimeVersion, startedMs } = event.session;
  const platform = (value: string) => (may("platform") ? value : "withheld");
  return {
    schema_version: "1.0.0",
    event_id: event.id,
    event_type: event.type,
    timestamp: new Date(event.tsMs).toISOString(),
    source: {
      product,
      version: platform(version),
      tier: "oss",
      os: platform(os),
      arch: platform(arch),
      runtime_version: platform(runtimeVersion),
      channel: event.source,
    },
    session: {
      id: session,
      sequence,
      ...(may("session_metadata") ? { started_at: new Date(startedMs - (startedMs % hourMs)).toISOString() } : {}),
    },
    payload: nested(event.type, sharedFields(event, may, ["schema_1_and_2", "schema_2"])),
  };
}
