/** The warehouse tables. Their field columns are generated from `shared/schema/fields.ts`. */

import type { FieldType } from "../../shared/schema/field-types.ts";
import { type FieldName, fieldNames, fieldTable } from "../../shared/schema/fields.ts";
import { lowCardinality, type Measures, milliseconds } from "./column-types.ts";
import type { Table } from "./ddl.ts";
import { sessionDimensions, sessionHoursTable, sessionMeasures } from "./session-hours.ts";
import { usersTable } from "./users.ts";

const types: Readonly<Record<FieldType["type"], string>> = {
  enum: lowCardinality,
  identifier: lowCardinality,
  command_path: lowCardinality,
  model: lowCardinality,
  enum_list: "Array(LowCardinality(String))",
  integer: "Nullable(Int64) CODEC(T64, ZSTD(1))",
  decimal: "Nullable(Float64) CODEC(ZSTD(1))",
  boolean: "Nullable(Bool)",
  // Hashes are never shared; the entry makes the table complete.
  hash: lowCardinality,
};

/** Fields that may be shared, in order. */
export const sharedFields: readonly FieldName[] = fieldNames.filter((name) => fieldTable[name].shared !== "never");

/** Raw events, kept for 90 days. Repeated rows of an event have the same key and are merged. */
export const eventsTable: Table = {
  name: "events",
  columns: {
    event_id: "UUID",
    anon_user_id: "UUID",
    anon_session_id: "FixedString(64) CODEC(ZSTD(1))",
    seq: "UInt64 CODEC(Delta(8), ZSTD(1))",
    ts: milliseconds,
    received_at: milliseconds,
    schema_version: "UInt8",
    source: lowCardinality,
    event_type: lowCardinality,
    product_version: lowCardinality,
    product_os: lowCardinality,
    product_arch: lowCardinality,
    runtime_version: lowCardinality,
    session_started_at: "Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1))",
    // Whether the user counts for k-anonymity; yes for rows before 0.9.
    established: "UInt8 DEFAULT 1",
    ...Object.fromEntries(sharedFields.map((name) => [name, types[fieldTable[name].type.type]])),
  },
  version: "received_at",
  partition: "toMonday(ts)",
  order: ["event_type", "toDate(ts)", "anon_user_id", "event_id"],
  ttl: "toDateTime(ts) + INTERVAL 90 DAY",
  shard: "cityHash64(anon_user_id)",
};

/** Received batches, kept for 90 days, so that a repeated batch gets the same receipt. */
export const batchesTable: Table = {
  name: "batches",
  columns: {
    batch_id: "UUID",
    anon_user_id: "UUID",
    sha256: "FixedString(64)",
    receipt: "String CODEC(ZSTD(1))",
    received_at: milliseconds,
  },
  version: "received_at",
  partition: "toMonday(received_at)",
  order: ["anon_user_id", "batch_id"],
  ttl: "toDateTime(received_at) + INTERVAL 90 DAY",
  shard: "cityHash64(anon_user_id)",
};

/** Refused events, kept for 90 days: the reason, never the content. */
export const refusedTable: Table = {
  name: "refused",
  columns: {
    received_at: milliseconds,
    reason: lowCardinality,
    event_type: lowCardinality,
    field: lowCardinality,
    digest: "FixedString(64) CODEC(ZSTD(1))",
  },
  version: "received_at",
  partition: "toMonday(received_at)",
  order: ["reason", "toDate(received_at)", "digest"],
  ttl: "toDateTime(received_at) + INTERVAL 90 DAY",
  shard: "cityHash64(digest)",
};

/** Hours older than this many days are final, because their raw events may have expired. */
export const youngDays = 89;

export const dimensions = [
  "event_type",
  "source",
  "command_path",
  "tool_name",
  "tool_phase",
  "status",
  "model",
  "product_version",
  "product_os",
] as const;

/** Measure → column type and the expression over events. */
export const measures: Measures = {
  events: { type: "UInt64", of: "count()" },
  users: { type: "UInt64", of: "uniqExact(anon_user_id)" },
  // For days and months. Contains pseudonyms, so it expires before the raw events.
  users_state: {
    type: `AggregateFunction(uniqExact, UUID) TTL hour + INTERVAL ${youngDays} DAY`,
    of: "uniqExactState(anon_user_id)",
  },
  // Established users: cells with too few of them are suppressed. Before 0.9 all users counted.
  counted_users: { type: "UInt64 DEFAULT users", of: "uniqExactIf(anon_user_id, established = 1)" },
  counted_state: {
    type: `AggregateFunction(uniqExact, UUID) DEFAULT users_state TTL hour + INTERVAL ${youngDays} DAY`,
    of: "uniqExactStateIf(anon_user_id, established = 1)",
  },
  duration_count: { type: "UInt64", of: "countIf(duration_ms IS NOT NULL)" },
  duration_sum: { type: "UInt64", of: "toUInt64(sum(ifNull(duration_ms, 0)))" },
  durations: {
    type: "AggregateFunction(quantilesTDigest(0.5, 0.95, 0.99), Int64)",
    of: "quantilesTDigestStateIf(0.5, 0.95, 0.99)(assumeNotNull(duration_ms), duration_ms IS NOT NULL)",
  },
  tokens_input: { type: "UInt64", of: "toUInt64(sum(ifNull(tokens_input, 0)))" },
  tokens_output: { type: "UInt64", of: "toUInt64(sum(ifNull(tokens_output, 0)))" },
};

/**
 * Hourly totals, kept for one year; recomputed from deduplicated events when an hour is touched.
 */
export const hourlyTable: Table = {
  name: "hourly",
  columns: {
    hour: "DateTime('UTC') CODEC(Delta(4), ZSTD(1))",
    ...Object.fromEntries(dimensions.map((name) => [name, lowCardinality])),
    version: "UInt64",
    ...Object.fromEntries(Object.entries(measures).map(([name, { type }]) => [name, type])),
  },
  version: "version",
  partition: "toYYYYMM(hour)",
  order: ["hour", ...dimensions],
  ttl: "hour + INTERVAL 1 YEAR",
  shard: "cityHash64(hour)",
};

/** A table that is computed hour by hour from the raw events. */
export interface HourRollup {
  readonly table: Table;
  readonly dimensions: readonly string[];
  readonly measures: Measures;
}

export const hourRollups: readonly HourRollup[] = [
  { table: hourlyTable, dimensions, measures },
  { table: sessionHoursTable, dimensions: sessionDimensions, measures: sessionMeasures },
];

export const tables: readonly Table[] = [
  eventsTable,
  batchesTable,
  refusedTable,
  hourlyTable,
  sessionHoursTable,
  usersTable,
];

/** View → query. */
export const views: Readonly<Record<string, string>> = {
  refused_by_minute: `SELECT toStartOfMinute(received_at) AS minute, reason, event_type, field, count() AS events
FROM ${refusedTable.name} FINAL GROUP BY minute, reason, event_type, field`,
};
