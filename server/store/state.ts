/** Numbers that belong to the whole database: rows of the table `state`. */
import type { Connection } from "./driver/driver.ts";

export type StateName =
  | "closed_day"
  | "erasures"
  | "floor_ts"
  | "session_epoch"
  | "maintenance_at"
  | "clock_jumped_at"
  | "trusted_at"
  | "below_watermark"
  | "watermark_fell_at"
  | "limit_events"
  | "limit_bodies"
  | "limit_at"
  | "future_consent"
  | "future_consent_seen"
  | "purge_mark"
  | "purged_until"
  | "request_ids_since"
  | "exit_rules_since"
  | "rollup_generation";

/** Returns 0 if the value was never set. */
export function readNumber(connection: Connection, name: StateName): number {
  return Number(connection.prepare("SELECT value FROM state WHERE name = ?").get(name)?.["value"] ?? 0);
}

export function setNumber(connection: Connection, name: StateName, value: number): void {
  connection.prepare("UPDATE state SET value = ? WHERE name = ?").run(value, name);
}

export function addTo(connection: Connection, name: StateName, count: number): void {
  connection.prepare("UPDATE state SET value = value + ? WHERE name = ?").run(count, name);
}
