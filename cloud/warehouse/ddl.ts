/** Tables of ClickHouse, defined once: for one node, and for a cluster as replicated tables with a distributed one over them. */

export interface Table {
  readonly name: string;
  /** Name → type, with its codec. */
  readonly columns: Readonly<Record<string, string>>;
  /** Of rows with the same key the one with the highest of this column stays. */
  readonly version: string;
  readonly partition: string;
  readonly order: readonly string[];
  readonly ttl: string;
  /** What a row's place on a cluster follows from. */
  readonly shard: string;
}

/** A crash of the machine keeps what was inserted; a repeated insert is known by its token; what is erased goes from the disk at once. */
const settings = [
  "non_replicated_deduplication_window = 10000",
  "fsync_after_insert = 1",
  "fsync_part_directory = 1",
  "old_parts_lifetime = 1",
  "merge_with_ttl_timeout = 3600",
];

export interface TableForm {
  /** Its name; empty: one node. */
  readonly cluster: string;
  /** Each column is encrypted as well, by the server's key (AES-256-GCM-SIV, RFC 8452). */
  readonly encrypted: boolean;
}

export const oneNode: TableForm = { cluster: "", encrypted: false };

/** The type of a column, its codec followed by the one that encrypts. */
function encrypted(type: string): string {
  const own = "AES_256_GCM_SIV";
  const [kind = "", ...ttl] = type.split(/(?= TTL )/);
  const sealed = kind.includes(" CODEC(") ? `${kind.slice(0, -1)}, ${own})` : `${kind} CODEC(Default, ${own})`;
  return [sealed, ...ttl].join("");
}

/** The statements that make a table; each can be run again. */
export function statementsOf(table: Table, { cluster, encrypted: isEncrypted }: TableForm): readonly string[] {
  const columns = Object.entries(table.columns)
    .map(([name, type]) => `  ${name} ${isEncrypted ? encrypted(type) : type}`)
    .join(",\n");
  const rest = (own: readonly string[]) =>
    [
      `PARTITION BY ${table.partition}`,
      `ORDER BY (${table.order.join(", ")})`,
      `TTL ${table.ttl}`,
      `SETTINGS ${own.join(", ")}`,
    ].join("\n");
  // A table that was made before a column was thought of gets it now.
  const missing = Object.entries(table.columns).map(
    ([name, type]) => `ADD COLUMN IF NOT EXISTS ${name} ${isEncrypted ? encrypted(type) : type}`,
  );
  if (cluster === "") {
    return [
      `CREATE TABLE IF NOT EXISTS ${table.name} (\n${columns}\n) ENGINE = ReplacingMergeTree(${table.version})\n${rest(settings)}`,
      `ALTER TABLE ${table.name} ${missing.join(", ")}`,
    ];
  }
  const path = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'";
  const on = `ON CLUSTER ${cluster}`;
  return [
    `CREATE TABLE IF NOT EXISTS ${table.name}_local ${on} (\n${columns}\n) ENGINE = ReplicatedReplacingMergeTree(${path}, ${table.version})\n${rest(settings.slice(1))}`,
    `CREATE TABLE IF NOT EXISTS ${table.name} ${on} AS ${table.name}_local ENGINE = Distributed(${cluster}, currentDatabase(), ${table.name}_local, ${table.shard})`,
    `ALTER TABLE ${table.name}_local ${on} ${missing.join(", ")}`,
    // A distributed table keeps neither codecs nor times.
    `ALTER TABLE ${table.name} ${on} ${missing.map((one) => one.replace(/ (?:CODEC|TTL) ?.*$/, "")).join(", ")}`,
  ];
}
