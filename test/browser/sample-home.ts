/** Creates home folders with consent to all categories and invented work in an event log. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { displayedNotice } from "../../server/config/consent-log.ts";
import { categories } from "../../shared/schema/categories.ts";
import { dayMs } from "../../shared/schema/durations.ts";
import { decide } from "../fixtures/consented.ts";
import { sampleMonth } from "../fixtures/sample-month.ts";
import { type LogOptions, sampleYear } from "../fixtures/sample-year.ts";

export const createSampleHome = (home: string): Promise<void> => createHomeWith(home, 45, sampleMonth(Date.now()));

export async function createYearHome(home: string, options: LogOptions): Promise<void> {
  await createHomeWith(home, 400, sampleYear(options));
  await writeFile(join(home, ".config", "nexus", "config.toml"), "[telemetry]\nretention_days = 400\n");
}

export async function createHomeWith(home: string, days: number, events: string): Promise<void> {
  const logs = join(home, "nexus", "state", "events");
  const ts = new Date(Date.now() - days * dayMs).toISOString();
  decide(home, { ts, mode: "local", collect: categories, notice: displayedNotice });
  await mkdir(logs, { recursive: true, mode: 0o700 });
  await writeFile(join(logs, "work.jsonl"), events);
}
