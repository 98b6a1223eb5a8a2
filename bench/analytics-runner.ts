/**
 * Fills a warehouse with sessions of 20 events, and asks it questions. Prints, for each kind of
 * question, the 95th percentile of the times, and the time of a direct statement over the events.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Analytics, type QuestionKind } from "../cloud/analytics/analytics.ts";
import { metricNames, metricOf } from "../cloud/analytics/metrics/catalogue.ts";
import { addDays } from "../cloud/analytics/period.ts";
import { dayOf } from "../cloud/hours.ts";
import { recomputeHours } from "../cloud/warehouse/rollups.ts";
import { Warehouse } from "../cloud/warehouse/warehouse.ts";
import { quantile } from "./measurement.ts";

const [events = 0] = process.argv.slice(2).map(Number);
const [days, perSession] = [89, 20];
const users = Math.max(100, Math.round(events / 100));
const rowsPerInsert = Math.min(500_000, events);
const folder = mkdtempSync(join(tmpdir(), "nexus-bench-"));
const warehouse = Warehouse.open("chdb", folder);
await warehouse.migrate();
const nowMs = Date.now();
const pick = (values: readonly string[], hash: string) =>
  `[${values.map((value) => `'${value}'`).join(",")}][1 + ${hash} % ${values.length}]`;
const session = `intDiv(number, ${perSession})`;
const types = [
  "command_finished",
  "command_finished",
  "command_failed",
  "agent_event",
  "agent_event",
  "session_started",
  "feature_first_use",
  "thinktool_completed",
  "install_completed",
  "upgrade_prompt_shown",
];
for (let from = 0; from < events; from += rowsPerInsert)
  await warehouse.command(
    `INSERT INTO events (event_id, anon_user_id, anon_session_id, seq, ts, received_at, schema_version, source, event_type,
       product_version, product_os, product_arch, runtime_version, command_path, tool_name, tool_phase, status, duration_ms)
     SELECT generateUUIDv4(number), toUUID(concat('00000000-0000-4000-8000-', leftPad(toString(cityHash64(${session}, 1) % ${users}), 12, '0'))),
       leftPad(toString(${session}), 64, '0'), number,
       fromUnixTimestamp64Milli(toInt64(${nowMs} - cityHash64(${session}, 2) % ${days * 86_400_000} + number % ${perSession} * 60000)), now64(3), 2,
       ${pick(["nexus_cli", "vscode_terminal", "vscode_agent"], `cityHash64(${session}, 3)`)},
       ${pick(types, "cityHash64(number, 4)")} AS type,
       ${pick(["0.8.0", "0.9.0"], `cityHash64(${session}, 11)`)}, ${pick(["linux", "macos", "windows"], `cityHash64(${session}, 5)`)}, 'x86_64', '22.15.0',
       if(type LIKE 'command%', ${pick(["git push", "git pull", "npm test", "npm run", "docker ps", "cargo build"], "cityHash64(number, 6)")}, ''),
       if(type = 'agent_event', ${pick(["run_terminal_cmd", "read_file"], "cityHash64(number, 7)")}, ''),
       if(type = 'agent_event', ${pick(["start", "end"], "cityHash64(number, 8)")}, ''),
       if(type = 'agent_event', ${pick(["ok", "failed"], "cityHash64(number, 9)")}, ''), cityHash64(number, 10) % 60000
     FROM numbers(${from}, ${rowsPerInsert})`,
  );
const firstHour = Math.floor(nowMs / 3_600_000 - days * 24) * 3_600;
await recomputeHours(
  warehouse,
  Array.from({ length: days * 24 + 2 }, (_, n) => firstHour + n * 3_600),
  nowMs,
);
// In production, parts arrive over days and are merged before a question.
const isMerging = async () => (await warehouse.query("SELECT 1 FROM system.merges LIMIT 1")).length > 0;
while (await isMerging()) await new Promise((resolve) => setTimeout(resolve, 500));

let dataVersion = 0;
const analytics = new Analytics(warehouse, { minUsers: 5, now: () => nowMs, dataVersion: () => dataVersion });
async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
async function p95(kind: QuestionKind, questions: readonly object[]): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    // No answer from memory.
    dataVersion += 1;
    for (const question of questions) {
      const ms = await timed(() => analytics.answer(kind, question));
      if (round > 0) times.push(ms);
    }
  }
  return quantile(times, 0.95);
}
async function direct(sql: string): Promise<number> {
  await warehouse.query(sql);
  return timed(() => warehouse.query(sql));
}

const today = dayOf(nowMs);
const range = { from: addDays(today, -89), to: addDays(today, -1) };
const month = { from: addDays(today, -30), to: addDays(today, -1) };
const [first, second, third] = ["install_completed", "session_started", "command"].map((event) => ({ event }));
const daily = "SELECT toDate(ts) AS day, uniqExact(anon_user_id) FROM events FINAL GROUP BY day";
const results = {
  "analytics-metric": {
    ms: await p95(
      "query",
      metricNames.map((metric) => ({ ...range, metric })),
    ),
    directMs: await direct(daily),
  },
  "analytics-grouped": {
    ms: await p95(
      "query",
      metricNames.map((metric) => ({ ...range, metric, group_by: metricOf(metric).dimensions[0] })),
    ),
    directMs: await direct(daily.replace("GROUP BY", "GROUP BY source,")),
  },
  "analytics-funnel": {
    ms: await p95("funnels", [{ ...month, steps: [first, second, third] }]),
    directMs: await direct(
      `SELECT level, count() FROM (
         SELECT windowFunnel(604800)(toDateTime(ts), event_type = 'install_completed', event_type = 'session_started', event_type LIKE 'command%') AS level
         FROM events FINAL WHERE ts >= now() - INTERVAL 30 DAY GROUP BY anon_user_id) GROUP BY level`,
    ),
  },
  "analytics-retention": {
    ms: await p95("retention", [{ ...range, grain: "week", offsets: 12 }]),
    directMs: await direct(
      `SELECT first, dateDiff('week', first, week) AS n, uniqExact(anon_user_id) FROM (
         SELECT DISTINCT anon_user_id, toMonday(ts) AS week FROM events FINAL) AS active
       INNER JOIN (SELECT anon_user_id, min(toMonday(ts)) AS first FROM events FINAL GROUP BY anon_user_id) AS people
       USING (anon_user_id) GROUP BY first, n`,
    ),
  },
  "analytics-paths": {
    ms: await p95("paths", [month]),
    directMs: await direct(
      `SELECT pair, count() FROM (
         SELECT arrayJoin(arrayZip(arrayPopBack(names), arrayPopFront(names))) AS pair FROM (
           SELECT groupArray(command_path) AS names FROM (SELECT * FROM events FINAL WHERE command_path != '' AND ts >= now() - INTERVAL 30 DAY ORDER BY ts)
           GROUP BY anon_session_id)) GROUP BY pair`,
    ),
  },
};
process.stdout.write(`${JSON.stringify(results)}\n`);
await warehouse.close();
rmSync(folder, { recursive: true, force: true });
process.exit();
