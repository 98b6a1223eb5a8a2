/** Opens the stores that every command needs, in a locked data folder, and closes them in order. */
import { join } from "node:path";
import { Aggregates } from "./aggregates/aggregates.ts";
import { MonthlyFiles } from "./aggregates/monthly-files.ts";
import { openPostgres } from "./aggregates/postgres.ts";
import { ApiKeys } from "./analytics/api/api-keys.ts";
import type { Config } from "./config.ts";
import { closeFolder } from "./folder.ts";
import { Registry } from "./ingest/registry.ts";
import { lockFolder } from "./lock.ts";
import { Warehouse } from "./warehouse/warehouse.ts";

export interface Stores {
  readonly warehouse: Warehouse;
  readonly aggregates: Aggregates;
  readonly registry: Registry;
  readonly apiKeys: ApiKeys;
  close(): Promise<void>;
}

/**
 * Opens the stores and creates missing tables.
 * @throws LockedError; FolderError; the stores' errors.
 */
export async function openStores(config: Config): Promise<Stores> {
  closeFolder(config.data);
  const unlock = lockFolder(config.data);
  const warehouse = Warehouse.open(config.warehouse, join(config.data, "warehouse"), config);
  await warehouse.migrate();
  const postgres = await openPostgres(config.aggregates, join(config.data, "aggregates"));
  const aggregates = new Aggregates(postgres, config.least_users, new MonthlyFiles(join(config.data, "monthly")));
  await aggregates.migrate();
  return {
    warehouse,
    aggregates,
    apiKeys: await ApiKeys.open(postgres),
    registry: await Registry.open(postgres, join(config.data, "registry.jsonl")),
    close: async () => {
      await postgres.close();
      await warehouse.close();
      unlock();
    },
  };
}
