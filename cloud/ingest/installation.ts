/** What the registry knows of one pseudonym. */
import { createHash } from "node:crypto";
import type { NotApplied } from "../aggregates/aggregates.ts";
import { dayMs } from "../hours.ts";
import { openSecret } from "./sealed-secret.ts";

/** Minimum age, and days with an accepted batch, from which a user counts for k-anonymity: made-up users take a week. */
const [countedAgeMs, countedDays] = [7 * dayMs, 3];
/** Younger ones have quotas. Milliseconds. */
export const newAgeMs = dayMs;

/** `erasedMs`: milliseconds since 1970. */
export interface Erased {
  readonly erasedMs: number;
  readonly events: number;
  readonly notApplied: NotApplied;
}

export interface Installation {
  readonly anonUserId: string;
  /** `undefined`: erased before version 0.9, which kept no secret of the erased. */
  readonly secret: Buffer | undefined;
  /** The one before the last rotation: it may repeat that rotation, and nothing else. */
  readonly previousSecret: Buffer | undefined;
  /** How often the secret was replaced. */
  readonly rotations: number;
  readonly enrolledMs: number;
  readonly activeDays: number;
  /** The last day (UTC, `2026-11-01`) with an accepted batch; without one nothing was ever accepted. */
  readonly activeDay: string | undefined;
  readonly erasure: "none" | "waiting" | Erased;
}

export interface InstallationRow {
  readonly digest: string;
  readonly sealed_secret: string | null;
  readonly sealed_previous: string | null;
  readonly rotations: number;
  readonly enrolled_ms: string | number;
  readonly active_days: number;
  readonly active_day: string | null;
  readonly requested_ms: string | number | null;
  readonly found_events: string | number | null;
  readonly erased_ms: string | number | null;
  readonly not_applied: NotApplied | null;
}

/** A row's columns as `installationOf` reads them. */
export const rowColumns = `digest, sealed_secret, sealed_previous, rotations, enrolled_ms, active_days, active_day::text AS active_day,
  requested_ms, found_events, erased_ms, not_applied`;

/** The pseudonym cannot be computed from it. The warehouse computes the same (`erasure/erase.ts`). */
export const digestOf = (anonUserId: string): string =>
  createHash("sha256").update(`nexus erased ${anonUserId}`).digest("hex");

/** @throws Error if the row is not that pseudonym's. */
export function installationOf(anonUserId: string, row: InstallationRow): Installation {
  return {
    anonUserId,
    secret: secretOf(anonUserId, row.sealed_secret),
    previousSecret: secretOf(anonUserId, row.sealed_previous),
    rotations: row.rotations,
    enrolledMs: Number(row.enrolled_ms),
    activeDays: row.active_days,
    activeDay: row.active_day ?? undefined,
    erasure: erasureOf(row),
  };
}

const secretOf = (anonUserId: string, sealed: string | null): Buffer | undefined =>
  sealed === null ? undefined : openSecret(anonUserId, sealed);

function erasureOf(row: InstallationRow): Installation["erasure"] {
  if (row.requested_ms === null) return "none";
  if (row.erased_ms === null) return "waiting";
  return {
    erasedMs: Number(row.erased_ms),
    events: Number(row.found_events ?? 0),
    notApplied: row.not_applied ?? { days: [], months: [] },
  };
}

export const isNew = ({ enrolledMs }: Installation, nowMs: number): boolean => nowMs - enrolledMs < newAgeMs;

/** Whether its events count towards the minimum number of users of a cell. */
export const isEstablished = ({ enrolledMs, activeDays }: Installation, nowMs: number): boolean =>
  nowMs - enrolledMs >= countedAgeMs && activeDays >= countedDays;
