/**
 * Each user's sessions by hour, for 90 days like the raw events, from which they are recomputed. A
 * session is all rows with its user and ID. Questions about people read it instead of the events.
 */
import { lowCardinality, type Measures } from "./column-types.ts";
import type { Table } from "./ddl.ts";
import { isCommand, isEnd, outcome } from "./outcomes.ts";

export const sessionDimensions = [
  "anon_user_id",
  "anon_session_id",
  "source",
  "product_version",
  "product_os",
] as const;

export const sessionMeasures: Measures = {
  established: { type: "UInt8", of: "max(events.established)" },
  events: { type: "UInt32", of: "toUInt32(count())" },
  commands: { type: "UInt32", of: `toUInt32(countIf(${isCommand}))` },
  failed: { type: "UInt32", of: `toUInt32(countIf(${isEnd} AND ${outcome} = 'failed'))` },
  first_ts: { type: "DateTime64(3, 'UTC')", of: "min(ts)" },
  last_ts: { type: "DateTime64(3, 'UTC')", of: "max(ts)" },
};

export const sessionHoursTable: Table = {
  name: "session_hours",
  columns: {
    hour: "DateTime('UTC') CODEC(Delta(4), ZSTD(1))",
    anon_user_id: "UUID",
    anon_session_id: "FixedString(64) CODEC(ZSTD(1))",
    source: lowCardinality,
    product_version: lowCardinality,
    product_os: lowCardinality,
    version: "UInt64",
    ...Object.fromEntries(Object.entries(sessionMeasures).map(([name, { type }]) => [name, type])),
  },
  version: "version",
  partition: "toMonday(hour)",
  order: ["hour", ...sessionDimensions],
  ttl: "hour + INTERVAL 90 DAY",
  shard: "cityHash64(anon_user_id)",
};
