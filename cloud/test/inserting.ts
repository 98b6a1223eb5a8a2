/**
 * Inserts a row with a token into an embedded warehouse and prints the number of rows. A separate
 * process, so that tests can change the files between inserts.
 */
import { Warehouse } from "../warehouse/warehouse.ts";

const [folder = "", n = "", repeat = ""] = process.argv.slice(2);
const warehouse = Warehouse.open("chdb", folder);
await warehouse.migrate();
const row = {
  event_id: `0199b0c0-0000-7000-8000-${n.padStart(12, "0")}`,
  anon_user_id: "5a1c7c1e-0d0b-4f7e-9a53-3c1a4a6f1d11",
  anon_session_id: "0".repeat(64),
  seq: Number(n),
  ts: `${new Date().toISOString().slice(0, 10)} 00:00:00.000`,
  received_at: `${new Date().toISOString().slice(0, 10)} 00:00:00.000`,
  schema_version: 2,
  source: "nexus_cli",
  event_type: "command_finished",
};
await warehouse.insert("events", [JSON.stringify(row)], `token:${n}`, Object.keys(row), repeat === "repeat");
const [counted] = await warehouse.query<{ n: string }>("SELECT count() AS n FROM events FINAL");
await warehouse.close();
process.stdout.write(String(counted?.n));
process.exit();
