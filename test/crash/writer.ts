/**
 * Writes batches to a database until it is killed. Prints the acknowledged events after each
 * commit, as one line of JSON.
 */
import { writeSync } from "node:fs";
import { v4 } from "uuid";
import { Store } from "../../server/store/store.ts";
import { Maintenance } from "../../server/worker/maintenance.ts";
import { productInfo } from "../../server/worker/product-info.ts";
import { cleanToolUse } from "../fixtures/clean-events.ts";

/**
 * `patient`: a lock timeout is printed but not an error, because the editor's queue would retry.
 */
const [file = "", days = "0", patient] = process.argv.slice(2);
const clock = { nowMs: () => Date.now() };
const store = new Store(file, productInfo, clock);
const maintenance = new Maintenance(store, clock, () => undefined);
const session_id = v4();
const lines = ["git status", "npm test", "ls", "cargo build", "docker ps"];
let seq = 0;

function printError(error: unknown): void {
  writeSync(1, `${JSON.stringify({ error: String(error) })}\n`);
}

function batch() {
  return Array.from({ length: 1 + (seq % 20) }, () => {
    seq += 1;
    const ts = Date.now() - (seq % (1 + Number(days))) * 24 * 60 * 60 * 1000;
    return cleanToolUse({ command_line: lines[seq % 5] ?? "", duration_ms: seq % 900 }, { session_id, seq, ts });
  });
}

let last = batch();
let isRetry = false;
function writeNext(): void {
  try {
    // Some batches are written twice, as after a lost response.
    if (!isRetry && seq % 7 !== 0) last = batch();
    isRetry = true;
    store.write(last);
    isRetry = false;
    writeSync(1, `${JSON.stringify({ stored: last.map(({ id }) => id) })}\n`);
    maintenance.stored({ retentionDays: 3_650, maxBytes: 2 ** 40, ledgerBodyDays: undefined });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (patient !== undefined && code.startsWith("SQLITE_BUSY")) writeSync(1, '{"waits":true}\n');
    else printError(error);
  }
  setImmediate(writeNext);
}
writeNext();
