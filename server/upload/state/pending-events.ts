/** Events that may be shared and are in no batch yet. */

import { schema1Commands, schema1ToolPhase } from "../../../shared/schema/schema-1.ts";
import type { UploadSchema } from "../../../shared/schema/upload-schema.ts";
import { maxCounted } from "../../../shared/text/sentences.ts";
import type { Connection } from "../../store/driver/driver.ts";
import { readAfter, type StoredEvent } from "../../store/events/read.ts";

/** The events that each upload schema carries, as a condition on `d`, the dimensions. */
const schemaConditions: Readonly<Record<UploadSchema, string>> = {
  1: `d.event_type IN (${schema1Commands.map((type) => `'${type}'`).join(", ")})
    OR d.event_type = 'agent_event' AND d.tool_phase = '${schema1ToolPhase}'`,
  2: "1",
};

const eventsAfter = (condition: string): string =>
  `FROM events e JOIN dimensions d ON d.id = e.dimensions WHERE e.id > ? AND (${condition})`;

/** Events that the cursor has not reached, and the schema that they are sent in. */
export interface PendingPart {
  readonly cursorId: number;
  readonly schema: UploadSchema;
  /** Events up to this key go out in schema 1. */
  readonly schema1Until: number;
}

const shareable = ({ schema, schema1Until }: PendingPart): string =>
  `e.share IS NOT NULL AND (${schemaConditions[schema]})${schema > 1 && schema1Until > 0 ? ` AND (e.id > ${schema1Until} OR ${schemaConditions[1]})` : ""}`;

/** Counts the shareable events after the cursor, up to `maxCounted`. */
export function countPending(connection: Connection, part: PendingPart): number {
  const from = `${eventsAfter(shareable(part))} LIMIT ${maxCounted}`;
  return Number(connection.prepare(`SELECT count(*) n FROM (SELECT 1 ${from})`).get(part.cursorId)?.["n"] ?? 0);
}

export interface NewestEvents {
  readonly events: readonly StoredEvent[];
  readonly total: number;
}

/** Returns up to `max` of the newest pending events, oldest first; without `part`, of all events. */
export function newestEvents(connection: Connection, part: PendingPart | undefined, max: number): NewestEvents {
  const cursorId = part?.cursorId ?? 0;
  const from = eventsAfter(part === undefined ? "1" : shareable(part));
  const keys = connection.prepare(`SELECT e.id ${from} ORDER BY e.id DESC LIMIT ?`).all(cursorId, max);
  const total = Number(connection.prepare(`SELECT count(*) n ${from}`).get(cursorId)?.["n"]);
  return { events: [...keys].reverse().flatMap(({ id }) => readAfter(connection, Number(id) - 1, 1)), total };
}
