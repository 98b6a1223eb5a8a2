/** An event that passed the firewall. Only `firewall.ts` creates it; the store accepts no other. */
import type { EventTypeName } from "../../shared/schema/events.ts";
import type { FieldValue } from "../../shared/schema/field-types.ts";
import type { Source } from "../../shared/schema/sources.ts";

/** Sequence number of an event whose source assigns none; the store assigns the next one. */
export const noSequence = 0;

declare const cleanBrand: unique symbol;

export interface CleanEvent {
  readonly [cleanBrand]: never;
  readonly id: string;
  readonly type: EventTypeName;
  readonly tsMs: number;
  readonly utcOffsetMin: number;
  readonly sessionId: string;
  readonly source: Source;
  readonly seq: number;
  /** Field name to value; fields are declared in `shared/schema/fields.ts`. */
  readonly payload: Readonly<Record<string, FieldValue>>;
}

export type CleanEventFields = Omit<CleanEvent, typeof cleanBrand>;

/** Marks an event as clean. Only for `firewall.ts`. */
export function markClean(fields: CleanEventFields): CleanEvent {
  return fields as CleanEvent;
}
