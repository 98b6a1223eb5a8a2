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

/** An owner as one that was killed left it. */
function goneOwner(): string {
  const { pid } = spawnSync(process.execPath, ["-e", "0"]);
  return newOwner().replace(`.${process.pid}.`, `.${pid}.`);
}

it("is free before anybody held it, after its end, once given back, and where its holder is gone; and not while it is held", () => {
  const connection = database();
  const [own, other] = [newOwner(), newOwner()];
  const free = (owner: string, ms = nowMs) => isFree(connection, "doors", owner, ms);
  expect(free(other)).toBe(true);
  const lease = acquire(connection, "doors", own, nowMs);
  expect([free(own), free(other), free(other, nowMs + leaseMs)]).toEqual([true, false, true]);
  if (lease !== undefined) release(connection, lease);
  expect(free(other)).toBe(true);
  acquire(connection, "doors", goneOwner(), nowMs);
  expect(free(other)).toBe(true);
  connection.close();
});
