/**
 * Fills a warehouse with events of 90 days and 100,000 users, and recomputes one day. Prints
 * {"ms","cells","countMs"}.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recomputeHours } from "../cloud/warehouse/rollups.ts";
import { Warehouse } from "../cloud/warehouse/warehouse.ts";

const [events = 0] = process.argv.slice(2).map(Number);
const [days, users, rowsPerInsert] = [90, 100_000, Math.min(500_000, events)];
const folder = mkdtempSync(join(tmpdir(), "nexus-bench-"));
const warehouse = Warehouse.open("chdb", folder);
await warehouse.migrate();
const now = Date.now();
const pick = (values: readonly string[], hash: string) =>
  `[${values.map((value) => `'${value}'`).join(",")}][1 + ${hash} % ${values.length}]`;
for (let from = 0; from < events; from += rowsPerInsert) {
  await warehouse.command(
    `INSERT INTO events (event_id, anon_user_id, anon_session_id, seq, ts, received_at, schema_version, source, event_type,
       product_version, product_os, product_arch, runtime_version, command_path, tool_name, tool_phase, status, duration_ms)
     SELECT generateUUIDv4(number), toUUID(concat('00000000-0000-4000-8000-', leftPad(toString(cityHash64(number, 1) % ${users}), 12, '0'))),
       repeat('a', 64), number, fromUnixTimestamp64Milli(toInt64(${now} - cityHash64(number, 2) % ${days * 86_400_000})), now64(3), 2,
       ${pick(["nexus_cli", "vscode_terminal", "vscode_agent"], "cityHash64(number, 3)")},
       ${pick(["command_finished", "agent_event"], "cityHash64(number, 4)")},
       '0.7.0', ${pick(["linux", "macos", "windows"], "cityHash64(number, 5)")}, 'x86_64', '22.15.0',
       ${pick(["git push", "git pull", "npm test", "npm run", "docker ps", "cargo build"], "cityHash64(number, 6)")},
       ${pick(["Bash", "Read", "Edit", "Grep"], "cityHash64(number, 7)")}, ${pick(["start", "end"], "cityHash64(number, 8)")},
       ${pick(["ok", "error"], "cityHash64(number, 9)")}, cityHash64(number, 10) % 60000
     FROM numbers(${from}, ${rowsPerInsert})`,
  );
}
// Wait for merges: in production, parts arrive over days and are merged before the recomputation.
const merging = async () => (await warehouse.query("SELECT 1 FROM system.merges LIMIT 1")).length > 0;
while (await merging()) await new Promise((resolve) => setTimeout(resolve, 500));
const first = Math.floor(now / 86_400_000 - 40) * 86_400;
const hours = Array.from({ length: 24 }, (_, n) => first + n * 3_600);
const times: number[] = [];
for (let round = 0; round < 5; round += 1) {
  const startedMs = performance.now();
  await recomputeHours(warehouse, hours, now);
  times.push(performance.now() - startedMs);
}
const startedMs = performance.now();
await warehouse.query(`SELECT count() FROM events FINAL WHERE toDate(ts) = toDate(toDateTime(${first}))`);
const countMs = performance.now() - startedMs;
const [cells] = await warehouse.query<{ n: string }>("SELECT count() AS n FROM hourly FINAL");
const ms = times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
process.stdout.write(`${JSON.stringify({ ms, cells: Number(cells?.n), countMs })}\n`);
await warehouse.close();
rmSync(folder, { recursive: true, force: true });
process.exit();
