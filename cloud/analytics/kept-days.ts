/** Which days can be asked about: an event that has expired is not a missing one. */
import { dayMs } from "../../shared/schema/durations.ts";
import { dayOf } from "../hours.ts";
import { youngDays } from "../warehouse/schema.ts";
import type { Day } from "./period.ts";
import { QuestionError } from "./relation.ts";

/** The first day whose events are all kept. */
export const firstKeptDay = (nowMs: number): Day => dayOf(nowMs - youngDays * dayMs);

/** @throws QuestionError if events of the first day may have expired. */
export function requireKept(from: Day, nowMs: number): void {
  const first = firstKeptDay(nowMs);
  if (from < first) throw new QuestionError(`from: events are kept for ${youngDays} days. Use ${first} or later.`);
}
