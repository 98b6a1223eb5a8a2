/** A home in which somebody agreed to record everything, and a month of their work waits in an event log. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { noticeHash } from "../../server/consent-log.ts";
import { categories } from "../../shared/categories.ts";
import { noticeVersion } from "../../shared/consent-text.ts";
import { workOfAMonth } from "../cli/work.ts";

export async function prepareMonth(home: string): Promise<void> {
  const [config, logs] = [join(home, ".config", "nexus"), join(home, "nexus", "state", "events")];
  await mkdir(config, { recursive: true });
  await mkdir(logs, { recursive: true });
  const ts = new Date(Date.now() - 45 * 24 * 60 * 60 * 1000).toISOString();
  const notice = { version: noticeVersion, sha256: noticeHash };
  const record = { ts, mode: "local", collect: categories, notice };
  await writeFile(join(config, "consent.jsonl"), `${JSON.stringify(record)}\n`);
  await writeFile(join(logs, "work.jsonl"), workOfAMonth(Date.now()));
}
