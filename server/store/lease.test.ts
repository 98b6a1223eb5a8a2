import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { openWithDriver } from "./driver/select-driver.ts";
import { acquire, isFree, leaseMs, newOwner, release } from "./lease.ts";
import { migrate } from "./migrations/migrate.ts";

const nowMs = 1_790_000_000_000;

function database() {
  const connection = openWithDriver(join(tempFolder(), "telemetry.db"), { readOnly: false, busyTimeoutMs: 0 });
  migrate(connection);
  return connection;
}

/** Returns the owner ID of a process that no longer exists. */
function deadOwner(): string {
  const { pid } = spawnSync(process.execPath, ["-e", "0"]);
  return newOwner().replace(`.${process.pid}.`, `.${pid}.`);
}

it("is free initially, after expiry, after release and after its holder's death, but not while held", () => {
  const connection = database();
  const [holder, other] = [newOwner(), newOwner()];
  const free = (owner: string, ms = nowMs) => isFree(connection, "doors", owner, ms);
  expect(free(other)).toBe(true);
  const lease = acquire(connection, "doors", holder, nowMs);
  expect([free(holder), free(other), free(other, nowMs + leaseMs)]).toEqual([true, false, true]);
  if (lease !== undefined) release(connection, lease);
  expect(free(other)).toBe(true);
  acquire(connection, "doors", deadOwner(), nowMs);
  expect(free(other)).toBe(true);
  connection.close();
});
