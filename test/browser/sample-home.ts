/** Creates a home folder with consent to all categories and a sample month in an event log. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { displayedNotice } from "../../server/config/consent-log.ts";
import { categories } from "../../shared/schema/categories.ts";
import { decide } from "../fixtures/consented.ts";
import { sampleMonth } from "../fixtures/sample-month.ts";

export async function createSampleHome(home: string): Promise<void> {
  const logs = join(home, "nexus", "state", "events");
  const ts = new Date(Date.now() - 45 * 24 * 60 * 60 * 1000).toISOString();
  const notice = displayedNotice;
  const record = { ts, mode: "local", collect: categories, notice };
  decide(home, record);
  await mkdir(logs, { recursive: true, mode: 0o700 });
  await writeFile(join(logs, "work.jsonl"), sampleMonth(Date.now()));
}
