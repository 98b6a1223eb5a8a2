/** Hours, days and months in UTC. */
import { hourMs } from "../shared/schema/durations.ts";

/** Start of an hour in seconds since 1970. */
export type Hour = number;

export const hourOf = (ms: number): Hour => Math.floor(ms / hourMs) * 3_600;

/** `2026-11-01` */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** The first day of the month, `2026-11-01`. */
export const monthOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 7)}-01`;
