/** Events that may be shared and are in no batch yet. */

import { schema1Commands, schema1ToolPhase } from "../../../shared/schema/schema-1.ts";
import { maxCounted } from "../../../shared/text/sentences.ts";
import type { UploadSchema } from "../../config/config.ts";
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

const shareable = (schema: UploadSchema): string => `e.share IS NOT NULL AND (${schemaConditions[schema]})`;

/** Counts the shareable events after the cursor, up to `maxCounted`. */
export function countPending(connection: Connection, cursorId: number, schema: UploadSchema): number {
  const from = `${eventsAfter(shareable(schema))} LIMIT ${maxCounted}`;
  return Number(connection.prepare(`SELECT count(*) n FROM (SELECT 1 ${from})`).get(cursorId)?.["n"] ?? 0);
}

export interface NewestEvents {
  readonly events: readonly StoredEvent[];
  readonly total: number;
}

/**
 * Returns up to `max` of the newest events after the cursor, oldest first; without a schema, of all
 * events.
 */
export function newestEvents(
  connection: Connection,
  cursorId: number,
  schema: UploadSchema | undefined,
  max: number,
): NewestEvents {
  const from = eventsAfter(schema === undefined ? "1" : shareable(schema));
  const keys = connection.prepare(`SELECT e.id ${from} ORDER BY e.id DESC LIMIT ?`).all(cursorId, max);
  const total = Number(connection.prepare(`SELECT count(*) n ${from}`).get(cursorId)?.["n"]);
  return { events: [...keys].reverse().flatMap(({ id }) => readAfter(connection, Number(id) - 1, 1)), total };
}
