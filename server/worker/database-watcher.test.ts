import { once } from "node:events";
import { existsSync, mkdirSync, rmSync, watch } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { dayMs } from "../../shared/schema/durations.ts";
import { cleanToolUse } from "../../test/fixtures/clean-events.ts";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { systemClock } from "../clock.ts";
import { dayOfHour, localHourOf } from "../store/rollups/local-time.ts";
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
    const day = dayOfHour(localHourOf(Date.now()));
    const codex = (ts: number) => cleanToolUse({}, { source: "codex", ts });
    await reported(() => other.write([codex(Date.now() - dayMs), codex(Date.now()), cleanToolUse()]));
    own.write([cleanToolUse()]);
    watcher.seen();
    // A part of today, of which neither the last event nor the only one of its kind is gone.
    const today = { fromDay: day, toDay: day + 1 };
    await reported(() => other.erase({ by: "source", source: "codex", days: today }));
    await reported(() => other.erase({ by: "all" }));
    expect(changes).toBe(3);
  });

  it("does not wake itself by reading", async () => {
    other.write([cleanToolUse()]);
    other.close();
    watcher.start();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    // Registered after the watcher, so it hears of a change later.
    const heard = async (work: () => void) => {
      const listener = watch(dirname(file));
      const next = once(listener, "change");
      work();
      await next;
      listener.close();
      await new Promise(setImmediate);
      vi.runOnlyPendingTimers();
    };
    const before = reads;
    // A process that has written nothing opens the file for each reading, which is a change of its folder.
    await heard(() => other.read(() => undefined));
    await heard(() => other.read(() => undefined));
    expect(reads).toBe(before);
    await heard(() => other.write([cleanToolUse()]));
    expect({ reads, changes }).toEqual({ reads: before + 1, changes: 1 });
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
