/**
 * Numbered migrations of the warehouse. A step can be repeated, because ClickHouse has no transactions: its version is stored after
 * it has run. A step that has shipped never changes; a change is a new step.
 */
import { statementsOf } from "./ddl.ts";
import { recomputeHours } from "./rollups.ts";
import { batchesTable, tables, views } from "./schema.ts";
import type { Warehouse } from "./warehouse.ts";

/** Until 0.7 the column `users_state` was named `users`. */
async function renameUsers(warehouse: Warehouse): Promise<void> {
  const [users] = await warehouse.query<{ type: string }>(
    "SELECT type FROM system.columns WHERE database = currentDatabase() AND table = 'hourly' AND name = 'users'",
  );
  if (users?.type.startsWith("AggregateFunction") !== true) return;
  await warehouse.command("ALTER TABLE hourly RENAME COLUMN users TO users_state");
}

/** Until 0.8 `batches` was keyed only by batch ID, so that one pseudonym's batch could replace another's. */
async function rekeyBatches(warehouse: Warehouse): Promise<void> {
  const { cluster } = warehouse.form;
  const local = cluster === "" ? "batches" : "batches_local";
  const on = onCluster(cluster);
  const old = "batches_by_id";
  const sortingKey = async (name: string) => {
    const sql =
      "SELECT sorting_key AS k FROM system.tables WHERE database = currentDatabase() AND name = {name:String}";
    return (await warehouse.query<{ k: string }>(sql, { name }))[0]?.k.replaceAll(/[()]/g, "");
  };
  if ((await sortingKey(local)) === "batch_id") await warehouse.command(`RENAME TABLE ${local} TO ${old}${on}`);
  // After a crash the copy is repeated; the table's key removes duplicates.
  if ((await sortingKey(old)) === undefined) return;
  if (cluster !== "") await warehouse.command(`DROP TABLE IF EXISTS batches${on} SYNC`);
  for (const statement of statementsOf(batchesTable, warehouse.form)) await warehouse.command(statement);
  const columns = Object.keys(batchesTable.columns).join(", ");
  const from = cluster === "" ? old : `cluster(${cluster}, currentDatabase(), ${old})`;
  await warehouse.command(`INSERT INTO batches (${columns}) SELECT ${columns} FROM ${from}`);
  await warehouse.command(`DROP TABLE ${old}${on} SYNC`);
}

/** Creates the tables and views, or adds the columns that older tables lack. */
async function createTables(warehouse: Warehouse): Promise<void> {
  const on = onCluster(warehouse.form.cluster);
  for (const table of tables)
    for (const statement of statementsOf(table, warehouse.form)) await warehouse.command(statement);
  for (const [name, query] of Object.entries(views))
    await warehouse.command(`CREATE OR REPLACE VIEW ${name}${on} AS ${query}`);
}

/** Computes what is derived from the events that are stored already. */
async function computeStoredHours(warehouse: Warehouse): Promise<void> {
  const rows = await warehouse.query<{ hour: number }>(
    "SELECT DISTINCT toUInt32(toStartOfHour(toDateTime(ts, 'UTC'))) AS hour FROM events",
  );
  await recomputeHours(
    warehouse,
    rows.map(({ hour }) => Number(hour)),
    Date.now(),
  );
}

const steps: readonly ((warehouse: Warehouse) => Promise<void>)[] = [
  renameUsers,
  rekeyBatches,
  createTables,
  // What agents report about sessions and model requests.
  createTables,
  // Sessions and users.
  createTables,
  computeStoredHours,
];

const onCluster = (cluster: string): string => (cluster === "" ? "" : ` ON CLUSTER ${cluster}`);

/** On a cluster every server has a copy, whichever shard it belongs to. */
function versionTable(cluster: string): string {
  const engine =
    cluster === "" ? "MergeTree" : "ReplicatedMergeTree('/clickhouse/tables/{database}/{table}', '{shard}-{replica}')";
  return `CREATE TABLE IF NOT EXISTS schema_version${onCluster(cluster)} (version UInt32) ENGINE = ${engine} ORDER BY version`;
}

/** Runs the missing steps. @throws the engine's error; completed steps stay. */
export async function migrateWarehouse(warehouse: Warehouse): Promise<void> {
  await warehouse.command(versionTable(warehouse.form.cluster));
  const [row] = await warehouse.query<{ version: number }>("SELECT max(version) AS version FROM schema_version");
  const current = Number(row?.version ?? 0);
  if (current > steps.length) throw new Error("The warehouse was created by a newer version of nexus-cloud.");
  for (const [n, step] of steps.entries()) {
    if (n < current) continue;
    await step(warehouse);
    await warehouse.command(`INSERT INTO schema_version VALUES (${n + 1})`);
  }
}
