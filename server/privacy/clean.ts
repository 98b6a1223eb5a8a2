/** What the firewall lets through. The store takes nothing else: only `firewall.ts` can make one. */
import type { EventTypeName, Source } from "../../shared/events.ts";

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
  /** Field name to word or number, as `shared/events.ts` declares them. */
  readonly payload: Readonly<Record<string, string | number>>;
}

export type CleanParts = Omit<CleanEvent, typeof cleanBrand>;

/** Marks an event as clean. Called by the firewall alone. */
export function markClean(parts: CleanParts): CleanEvent {
  return parts as CleanEvent;
}
