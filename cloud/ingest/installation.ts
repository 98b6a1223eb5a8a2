/** An installation: the registry's row of one pseudonym. */

import { createHash } from "node:crypto";
import { dayMs } from "../../shared/schema/durations.ts";
import type { NotApplied } from "../aggregates/aggregates.ts";

import { openSecret } from "./sealed-secret.ts";

/**
 * Minimum age and days with a batch before a user counts for k-anonymity: faking users takes a
 * week.
 */
const [countedAgeMs, countedDays] = [7 * dayMs, 3];
/** Younger installations have event quotas. Milliseconds. */
export const newAgeMs = dayMs;

/** `erasedMs`: milliseconds since 1970. */
export interface Erased {
  readonly erasedMs: number;
  readonly events: number;
  readonly notApplied: NotApplied;
}

export interface Installation {
  readonly anonUserId: string;
  /** `undefined` if erased before version 0.9, which deleted the secret. */
  readonly secret: Buffer | undefined;
  /** The secret before the last rotation: valid only for repeating that rotation. */
  readonly previousSecret: Buffer | undefined;
  readonly rotations: number;
  readonly enrolledMs: number;
  readonly activeDays: number;
  /** Last day (UTC, `2026-11-01`) with an accepted batch; `undefined` if there was none. */
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

/** The columns that `installationOf` reads. */
export const rowColumns = `digest, sealed_secret, sealed_previous, rotations, enrolled_ms, active_days, active_day::text AS active_day,
  requested_ms, found_events, erased_ms, not_applied`;

/**
 * Digest of an erased pseudonym. The warehouse computes the same one
 * (`erasure/erase.ts`).
 */
export const erasedUserDigest = (anonUserId: string): string =>
  createHash("sha256").update(`nexus erased ${anonUserId}`).digest("hex");

/** @throws Error if the row belongs to another pseudonym or is damaged. */
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

/** Returns whether the user counts towards the minimum number of users of a cell. */
export const isEstablished = ({ enrolledMs, activeDays }: Installation, nowMs: number): boolean =>
  nowMs - enrolledMs >= countedAgeMs && activeDays >= countedDays;
