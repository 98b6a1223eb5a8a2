/**
 * When each user was first and last seen, and how the product was installed. Derived from the
 * sessions' hours and the installations, and forgotten 90 days after the last event: a user who
 * returns after that is new.
 */
import { dayMs } from "../../shared/schema/durations.ts";
import { dayOf, type Hour } from "../hours.ts";
import { lowCardinality, milliseconds } from "./column-types.ts";
import type { Table } from "./ddl.ts";
import { sessionHoursTable } from "./session-hours.ts";
import type { Warehouse } from "./warehouse.ts";

/** Days after the last event. */
const forgetDays = 90;

export const usersTable: Table = {
  name: "users",
  columns: {
    anon_user_id: "UUID",
    first_seen: milliseconds,
    last_day: "Date",
    installed_at: "Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1))",
    install_method: lowCardinality,
    first_version: lowCardinality,
    source: lowCardinality,
    product_os: lowCardinality,
    established: "UInt8",
    version: "UInt64",
  },
  version: "version",
  partition: "tuple()",
  order: ["anon_user_id"],
  ttl: `last_day + INTERVAL ${forgetDays} DAY`,
  shard: "cityHash64(anon_user_id)",
};

const known =
  "anon_user_id, first_seen, last_day, installed_at, install_method, first_version, source, product_os, established";

/**
 * Adds what these hours say about their users. It can be repeated: the earliest first event, the
 * latest day and the earliest installation win. The version is above that of the user's row, which
 * may come from other hours. `hours` must be sorted.
 */
export async function deriveUsers(warehouse: Warehouse, hours: readonly Hour[], version: string): Promise<void> {
  const inHours = "toUInt32(hour) IN {hours:Array(UInt32)}";
  const inEvents =
    "ts >= toDateTime64({first:UInt32}, 3, 'UTC') AND ts < toDateTime64({end:UInt32}, 3, 'UTC') AND toUInt32(toStartOfHour(toDateTime(ts, 'UTC'))) IN {hours:Array(UInt32)}";
  await warehouse.command(
    `INSERT INTO ${usersTable.name} (${known}, version)
     SELECT anon_user_id, min(found.first_seen) AS seen, max(found.last_day) AS latest, min(found.installed_at) AS installed,
       argMin(found.install_method, found.installed_at), argMin(found.first_version, found.first_seen),
       argMin(found.source, found.first_seen), argMin(found.product_os, found.first_seen),
       max(found.established) AS counts, greatest({version:UInt64}, max(found.version) + 1)
     FROM (
       SELECT ${known}, version, 1 AS is_known FROM ${usersTable.name} FINAL
       WHERE anon_user_id GLOBAL IN (SELECT anon_user_id FROM ${sessionHoursTable.name} WHERE ${inHours})
       UNION ALL
       SELECT anon_user_id, min(first_ts) AS first_seen, toDate(max(last_ts)) AS last_day,
         CAST(NULL, 'Nullable(DateTime64(3, \\'UTC\\'))') AS installed_at, '' AS install_method,
         argMin(product_version, first_ts) AS first_version, argMin(source, first_ts) AS source,
         argMin(product_os, first_ts) AS product_os, max(session_hours.established) AS established, toUInt64(0) AS version, 0 AS is_known
       FROM ${sessionHoursTable.name} FINAL WHERE ${inHours} GROUP BY anon_user_id
       UNION ALL
       SELECT anon_user_id, ts AS first_seen, toDate(ts) AS last_day, toNullable(ts) AS installed_at, install_method,
         product_version AS first_version, source, product_os, established, toUInt64(0) AS version, 0 AS is_known
       FROM events FINAL WHERE event_type = 'install_completed' AND ${inEvents}
     ) AS found
     GROUP BY anon_user_id
     HAVING countIf(is_known = 1) = 0 OR seen != minIf(found.first_seen, is_known = 1)
       OR latest != maxIf(found.last_day, is_known = 1) OR counts != maxIf(found.established, is_known = 1)
       OR ifNull(installed != minIf(found.installed_at, is_known = 1), installed IS NOT NULL)`,
    { hours, version, first: hours[0], end: (hours.at(-1) ?? 0) + 3_600 },
  );
}

/** Forgets users 90 days after their last event: the engine does it too, but only when it merges. */
export async function forgetUsers(warehouse: Warehouse, nowMs: number): Promise<void> {
  const params = { oldest: dayOf(nowMs - forgetDays * dayMs) };
  const condition = "last_day < {oldest:Date}";
  const [row] = await warehouse.query<{ n: string }>(
    `SELECT count() AS n FROM ${usersTable.name} WHERE ${condition}`,
    params,
  );
  if (Number(row?.n ?? 0) > 0) await warehouse.erase(usersTable.name, condition, params);
}
