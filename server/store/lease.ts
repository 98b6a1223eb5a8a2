/**
 * Leases: time-limited exclusive rights of one process, held only while there is work. A suspended
 * holder loses its lease, and the fencing number rejects its later writes.
 */
import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Connection, immediately, type Row } from "./driver/driver.ts";
import { isAlive } from "./pid.ts";

export interface Lease {
  readonly name: "maintenance" | "upload" | "doors";
  readonly owner: string;
  readonly fence: number;
}

/** Longer than any step of the protected work; the holder renews between steps. */
export const leaseMs = 30_000;

/** Random ID of the current boot on Linux: distinguishes machines without describing them. */
const bootIdFile = "/proc/sys/kernel/random/boot_id";

/** On other systems the ID is random: a killed holder's lease is free only after expiry. */
function machineId(): string {
  try {
    // Hashed, because system logs contain the boot ID.
    return createHash("sha256")
      .update("nexus lease ")
      .update(readFileSync(bootIdFile, "utf8").trim())
      .digest("hex")
      .slice(0, 32);
  } catch {
    return randomUUID();
  }
}

const thisMachine = machineId();

/** Returns an ID with machine and process, so that a killed holder's lease is free at once. */
export function newOwner(): string {
  return `${thisMachine}.${process.pid}.${randomUUID()}`;
}

function isGone(owner: unknown): boolean {
  const [machine, pid] = String(owner).split(".");
  return machine === thisMachine && !isAlive(Number(pid));
}

const rowOf = (connection: Connection, name: Lease["name"]) =>
  connection.prepare("SELECT owner, fence, expires_at FROM leases WHERE name = ?").get(name);

function isHeld(row: Row | undefined, nowMs: number): boolean {
  const expiresMs = Number(row?.["expires_at"] ?? 0);
  // An expiry beyond the maximum was written before the clock was set back.
  return expiresMs > nowMs && expiresMs <= nowMs + leaseMs;
}

/** Returns whether `owner` could acquire the lease, without writing. */
export function isFree(connection: Connection, name: Lease["name"], owner: string, nowMs: number): boolean {
  const row = rowOf(connection, name);
  return !isHeld(row, nowMs) || row?.["owner"] === owner || isGone(row?.["owner"]);
}

/** Acquires or renews a lease; returns `undefined` while another process holds it. */
export function acquire(connection: Connection, name: Lease["name"], owner: string, nowMs: number): Lease | undefined {
  return immediately(connection, () => {
    const row = rowOf(connection, name);
    const held = isHeld(row, nowMs);
    const isRenewal = held && row?.["owner"] === owner;
    if (held && !isRenewal && !isGone(row?.["owner"])) return undefined;
    const fence = Number(row?.["fence"] ?? 0) + (isRenewal ? 0 : 1);
    connection.prepare("INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?)").run(name, owner, fence, nowMs + leaseMs);
    return { name, owner, fence };
  });
}

/** Returns whether the lease is still held; call it in the transaction that it protects. */
export function holds(connection: Connection, { name, owner, fence }: Lease): boolean {
  const row = connection.prepare("SELECT owner, fence FROM leases WHERE name = ?").get(name);
  return row?.["owner"] === owner && row["fence"] === fence;
}

/** Releases a lease. The row stays, because its fencing number must only grow. */
export function release(connection: Connection, { name, owner, fence }: Lease): void {
  connection
    .prepare("UPDATE leases SET expires_at = 0 WHERE name = ? AND owner = ? AND fence = ?")
    .run(name, owner, fence);
}
