/**
 * Projects an event to what may be shared. Schema 1: usage aggregation, "Upload Event Schema" and
 * its filter. Schema 2: the envelope of the analytics design, section 3.1, with the fields of the
 * selected categories. Never passes a field that the field table does not mark as shared.
 */

import { type Category, hasCategory } from "../../../shared/schema/categories.ts";
import { hourMs } from "../../../shared/schema/durations.ts";
import { eventTable } from "../../../shared/schema/events.ts";
import { type FieldName, fieldTable, type SharingForm } from "../../../shared/schema/fields.ts";
import { nested } from "../../../shared/schema/payload-layout.ts";
import { schema1Commands, schema1ToolPhase } from "../../../shared/schema/schema-1.ts";
import type { UploadSchema } from "../../../shared/schema/upload-schema.ts";
import type { Salt } from "../../privacy/identity.ts";
import type { StoredEvent } from "../../store/events/read.ts";

/**
 * A pseudonym with the salt that hashes session IDs, so that sessions of two pseudonyms are
 * unlinkable.
 */
export class Pseudonym {
  readonly anonUserId: string;
  readonly salt: Salt;
  /** The last key before the pseudonym started. */
  readonly startKey: number;
  #sessionId = "";
  #anonSessionId = "";

  constructor(anonUserId: string, salt: Salt, startKey = 0) {
    this.anonUserId = anonUserId;
    this.salt = salt;
    this.startKey = startKey;
  }

  /** Returns `anon_session_id`. Caches one session: its events mostly follow each other. */
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
  if (type === "agent_event") return payload["stream"] === "tool" && payload["tool_phase"] === schema1ToolPhase;
  return schema1Commands.some((known) => known === type);
}

/**
 * A session's start is shared as the UTC hour: the exact millisecond would identify the session.
 */

type IsAllowed = (category: Category) => boolean;

function sharedFields(
  { payload }: StoredEvent,
  isAllowed: IsAllowed,
  forms: readonly SharingForm[],
): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const name in payload) {
    const { shared, category } = fieldTable[name as FieldName];
    if (forms.includes(shared) && isAllowed(category)) fields[name] = payload[name];
  }
  return fields;
}

/**
 * Returns the event as it may be sent; `undefined` if nothing of it may be sent. A category counts
 * only if it was selected when the event was recorded and still is (`bits`).
 */
export function projectEvent(
  event: StoredEvent,
  schema: UploadSchema,
  bits: number,
  pseudonym: Pseudonym,
): object | undefined {
  const allowedBits = (event.share?.bits ?? 0) & bits;
  const isAllowed: IsAllowed = (category) => hasCategory(allowedBits, category);
  if (!isAllowed(eventTable[event.type].category)) return undefined;
  const session = pseudonym.sessionOf(event.session.id);
  const sequence = event.share?.seq ?? event.seq;
  // Below 1: the event happened before this pseudonym's session started.
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
      ...sharedFields(event, isAllowed, ["schema_1_and_2"]),
    };
  }
  const { product, version, os, arch, runtimeVersion, startedMs } = event.session;
  const platform = (value: string) => (isAllowed("platform") ? value : "withheld");
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
      ...(isAllowed("session_metadata")
        ? { started_at: new Date(startedMs - (startedMs % hourMs)).toISOString() }
        : {}),
    },
    payload: nested(event.type, sharedFields(event, isAllowed, ["schema_1_and_2", "schema_2"])),
  };
}
