/** Fills the folders of `npm start -- --demo`: recording is on, and an event log with a year of invented work waits for its import. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { displayedNotice } from "../../server/config/consent-log.ts";
import { sampleLines } from "../../server/sample/sample-database.ts";
import { categories } from "../../shared/schema/categories.ts";
import { dayMs } from "../../shared/schema/durations.ts";
import { decide } from "../../test/fixtures/consented.ts";
import { sampleYear } from "../../test/fixtures/sample-year.ts";

/** Longer than the year. */
const days = 400;

/** Replaces what an earlier demo left, so that the year ends today. */
export function createDemo(nexusHome: string, configHome: string): void {
  for (const folder of [nexusHome, configHome]) rmSync(folder, { recursive: true, force: true });
  const nowMs = Date.now();
  const ts = new Date(nowMs - days * dayMs).toISOString();
  const env = { NEXUS_HOME: nexusHome, XDG_CONFIG_HOME: configHome };
  decide(nexusHome, { ts, mode: "local", collect: categories, notice: displayedNotice }, env);
  const logs = join(nexusHome, "state", "events");
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  writeFileSync(join(logs, "work.jsonl"), sampleYear({ nowMs, lines: sampleLines }), { mode: 0o600 });
  writeFileSync(join(configHome, "nexus", "config.toml"), `[telemetry]\nretention_days = ${days}\n`);
}
