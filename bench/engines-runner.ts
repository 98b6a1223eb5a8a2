/** Opens only the embedded engines and prints the resident bytes. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPostgres } from "../cloud/aggregates/postgres.ts";
import { Warehouse } from "../cloud/warehouse/warehouse.ts";

const folder = mkdtempSync(join(tmpdir(), "nexus-engines-"));
const warehouse = Warehouse.open("chdb", join(folder, "warehouse"));
await warehouse.migrate();
const postgres = await openPostgres("pglite", join(folder, "aggregates"));
await postgres.query("SELECT 1", []);
process.stdout.write(`${process.memoryUsage.rss()}\n`);
await postgres.close();
await warehouse.close();
rmSync(folder, { recursive: true, force: true });
process.exit();
