import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { cleanToolUse } from "../../test/fixtures/clean-events.ts";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { systemClock } from "../clock.ts";
import { Store } from "../store/store.ts";
import { DatabaseWatcher } from "./database-watcher.ts";
import { productInfo } from "./product-info.ts";

it("reports what another process stores and erases, and nothing of its own", async () => {
  const file = join(tempFolder(), "state", "telemetry.db");
  const [own, other] = [0, 1].map(() => new Store(file, productInfo, systemClock)) as [Store, Store];
  let changes = 0;
  let changed = () => {};
  const next = () => new Promise<void>((resolve) => (changed = resolve));
  const watcher = new DatabaseWatcher(own, () => {
    changes += 1;
    changed();
  });
  onTestFinished(() => {
    watcher.stop();
    own.close();
    other.close();
  });
  // The folder is created later.
  watcher.start();
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  watcher.start();
  own.write([cleanToolUse()]);
  watcher.seen();
  let change = next();
  other.write([cleanToolUse()]);
  await change;
  own.write([cleanToolUse()]);
  watcher.seen();
  change = next();
  other.erase({ by: "all" });
  await change;
  expect(changes).toBe(2);
});
