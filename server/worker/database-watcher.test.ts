import { existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cleanToolUse } from "../../test/fixtures/clean-events.ts";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { systemClock } from "../clock.ts";
import { Store } from "../store/store.ts";
import { DatabaseWatcher } from "./database-watcher.ts";
import { productInfo } from "./product-info.ts";

let file: string;
let own: Store;
let other: Store;
let watcher: DatabaseWatcher;
let changes: number;
let reads: number;
let changed: () => void;

beforeEach(() => {
  file = join(tempFolder(), "state", "telemetry.db");
  own = new Store(file, productInfo, systemClock);
  other = new Store(file, productInfo, systemClock);
  [changes, reads, changed] = [0, 0, () => {}];
  const read: Store["read"] = (work) => {
    reads += 1;
    return own.read(work);
  };
  watcher = new DatabaseWatcher({ file, read }, () => {
    changes += 1;
    changed();
  });
});
afterEach(() => {
  watcher.stop();
  own.close();
  other.close();
});

/** Waits until a change is reported. */
async function reported(work: () => void): Promise<void> {
  const next = new Promise<void>((resolve) => {
    changed = resolve;
  });
  work();
  await next;
}

describe("the watcher of the database", () => {
  it("reports what another process stores and erases, and nothing of its own", async () => {
    // The folder is created later.
    watcher.start();
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    watcher.start();
    own.write([cleanToolUse()]);
    watcher.seen();
    await reported(() => other.write([cleanToolUse(), cleanToolUse({}, { source: "codex" })]));
    own.write([cleanToolUse()]);
    watcher.seen();
    // A part of today, without another event.
    await reported(() => other.erase({ by: "source", source: "codex" }));
    await reported(() => other.erase({ by: "all" }));
    expect(changes).toBe(3);
  });

  it("does not wake itself by reading", async () => {
    other.write([cleanToolUse()]);
    other.close();
    // A process that has written nothing opens the file for each reading.
    watcher.start();
    const before = reads;
    await reported(() => {
      other.write([cleanToolUse()]);
      other.close();
    });
    await reported(() => {
      other.write([cleanToolUse()]);
      other.close();
    });
    // Each change is reported after one or two readings: the file is closed after it was written.
    expect(reads - before).toBeLessThanOrEqual(4);
  });

  it("does not create again what is deleted, and watches the next one", async () => {
    own.write([cleanToolUse()]);
    watcher.start();
    await reported(() => rmSync(dirname(file), { recursive: true }));
    expect(existsSync(dirname(file))).toBe(false);
    other.close();
    other.write([cleanToolUse()]);
    watcher.start();
    await reported(() => other.write([cleanToolUse()]));
  });
});
