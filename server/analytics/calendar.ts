/** The user's local days and hours, as boundaries in milliseconds since 1970. Daylight saving makes some uneven. */
import type { Period } from "../../shared/protocol.ts";

export interface Buckets {
  readonly fromMs: number;
  /** The start of each bucket, in order; the last one ends at `endMs`. */
  readonly startsMs: readonly number[];
  readonly endMs: number;
}

const daysOf: Readonly<Record<Exclude<Period, "today">, number>> = { week: 7, month: 30 };

/** Local midnight, `daysBack` days before the day of `tsMs`. */
function midnight(tsMs: number, daysBack: number): number {
  const day = new Date(tsMs);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() - daysBack).getTime();
}

/** Today by hours, a week and a month (7 and 30 days, today the last) by days. */
export function bucketsOf(period: Period, nowMs: number): Buckets {
  const endMs = midnight(nowMs, -1);
  if (period !== "today") {
    const days = daysOf[period];
    const startsMs = Array.from({ length: days }, (_, index) => midnight(nowMs, days - 1 - index));
    return { fromMs: midnight(nowMs, days - 1), startsMs, endMs };
  }
  const fromMs = midnight(nowMs, 0);
  const hourMs = 60 * 60 * 1000;
  const startsMs = Array.from({ length: Math.round((endMs - fromMs) / hourMs) }, (_, hour) => fromMs + hour * hourMs);
  return { fromMs, startsMs, endMs };
}

/** The index of the bucket that holds `tsMs`, or -1. */
export function bucketIndex({ startsMs, endMs }: Buckets, tsMs: number): number {
  return tsMs >= endMs ? -1 : startsMs.findLastIndex((startMs) => startMs <= tsMs);
}
