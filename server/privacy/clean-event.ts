/** What the firewall lets through. The store takes nothing else: only `firewall.ts` can make one. */
import type { EventTypeName } from "../../shared/schema/events.ts";
import type { FieldValue } from "../../shared/schema/field-types.ts";
import type { Source } from "../../shared/schema/sources.ts";

/** The number of an event that its source did not number: the store does, in the order in which they come. */
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
  /** Field name to value, as `shared/schema/fields.ts` declares them. */
  readonly payload: Readonly<Record<string, FieldValue>>;
}

export type CleanEventFields = Omit<CleanEvent, typeof cleanBrand>;

/** Marks an event as clean. Called by the firewall alone. */
export function markClean(parts: CleanEventFields): CleanEvent {
  return parts as CleanEvent;
}
