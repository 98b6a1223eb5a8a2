/**
 * ClickHouse table definitions and their DDL: for one node, or for a cluster (replicated tables
 * under a distributed one).
 */

export interface Table {
  readonly name: string;
  /** Name → type with codec. */
  readonly columns: Readonly<Record<string, string>>;
  /** ReplacingMergeTree keeps the row with the highest value of this column per key. */
  readonly version: string;
  readonly partition: string;
  readonly order: readonly string[];
  readonly ttl: string;
  /** Sharding expression on a cluster. */
  readonly shard: string;
}

/**
 * Inserts survive a power failure, repeated tokens are detected, and erased parts leave the disk at
 * once.
 */
const settings = [
  "non_replicated_deduplication_window = 10000",
  "fsync_after_insert = 1",
  "fsync_part_directory = 1",
  "old_parts_lifetime = 1",
  "merge_with_ttl_timeout = 3600",
];

export interface TableForm {
  /** Cluster name; empty: one node. */
  readonly cluster: string;
  /** Encrypt each column with the server's key (AES-256-GCM-SIV, RFC 8452). */
  readonly encrypted: boolean;
}

export const oneNode: TableForm = { cluster: "", encrypted: false };

/** Adds the encryption codec to a column type. */
function encrypted(type: string): string {
  const codec = "AES_256_GCM_SIV";
  const [plain = "", ...ttl] = type.split(/(?= TTL )/);
  const result = plain.includes(" CODEC(") ? `${plain.slice(0, -1)}, ${codec})` : `${plain} CODEC(Default, ${codec})`;
  return [result, ...ttl].join("");
}

/** Returns the statements that create a table; they can be repeated. */
export function statementsOf(table: Table, { cluster, encrypted: isEncrypted }: TableForm): readonly string[] {
  const columns = Object.entries(table.columns)
    .map(([name, type]) => `  ${name} ${isEncrypted ? encrypted(type) : type}`)
    .join(",\n");
  const options = (tableSettings: readonly string[]) =>
    [
      `PARTITION BY ${table.partition}`,
      `ORDER BY (${table.order.join(", ")})`,
      `TTL ${table.ttl}`,
      `SETTINGS ${tableSettings.join(", ")}`,
    ].join("\n");
  // Adds new columns to existing tables.
  const missing = Object.entries(table.columns).map(
    ([name, type]) => `ADD COLUMN IF NOT EXISTS ${name} ${isEncrypted ? encrypted(type) : type}`,
  );
  if (cluster === "") {
    return [
      `CREATE TABLE IF NOT EXISTS ${table.name} (\n${columns}\n) ENGINE = ReplacingMergeTree(${table.version})\n${options(settings)}`,
      `ALTER TABLE ${table.name} ${missing.join(", ")}`,
    ];
  }
  const path = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'";
  const on = `ON CLUSTER ${cluster}`;
  return [
    `CREATE TABLE IF NOT EXISTS ${table.name}_local ${on} (\n${columns}\n) ENGINE = ReplicatedReplacingMergeTree(${path}, ${table.version})\n${options(settings.slice(1))}`,
    `CREATE TABLE IF NOT EXISTS ${table.name} ${on} AS ${table.name}_local ENGINE = Distributed(${cluster}, currentDatabase(), ${table.name}_local, ${table.shard})`,
    `ALTER TABLE ${table.name}_local ${on} ${missing.join(", ")}`,
    // Distributed tables accept neither codecs nor TTLs.
    `ALTER TABLE ${table.name} ${on} ${missing.map((column) => column.replace(/ (?:CODEC|TTL) ?.*$/, "")).join(", ")}`,
  ];
}
