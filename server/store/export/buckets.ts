/** Buckets of rollups as text: `2026-11-25T09` (an hour of the user's wall clock), `2026-11-25`, `2026-11`. */
import { dayMs, hourMs } from "../../../shared/schema/durations.ts";
import { grains } from "../rollups/rollups.ts";

export const grainNames = ["hour", "day", "month"] as const;

export function bucketText(grain: number, bucket: number): string {
  if (grain === grains.hour) return new Date(bucket * hourMs).toISOString().slice(0, 13);
  if (grain === grains.day) return new Date(bucket * dayMs).toISOString().slice(0, 10);
  return new Date(Date.UTC(1970 + Math.floor(bucket / 12), bucket % 12, 1)).toISOString().slice(0, 7);
}

/** Returns the number of an hour in `bucketText`; `undefined` if the text is none. */
export function hourIn(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}$/.test(text)) return undefined;
  const ms = Date.parse(`${text}:00:00Z`);
  const hour = ms / hourMs;
  return Number.isInteger(hour) && bucketText(grains.hour, hour) === text ? hour : undefined;
}
