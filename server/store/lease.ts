/**
 * Leases: one process at a time does what only one may do. A lease is a row with an owner and an end; it is held only while
 * there is work. A holder that was stopped loses it, and its fence tells it from its successor.
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

/** Longer than any step of the work it is held for; a holder renews it between two steps. */
export const leaseMs = 30_000;

/** Where Linux keeps a random id of the running boot: it tells machines apart and says nothing about them. */
const bootIdFile = "/proc/sys/kernel/random/boot_id";

/** Elsewhere an id of this process: a holder that was killed is then waited for until its lease ends. */
function machineId(): string {
  try {
    // The id itself also stands in the system's own logs.
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

/** A new owner: which process on which machine, so that a holder that was killed needs no waiting for. */
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
  const ends = Number(row?.["expires_at"] ?? 0);
  // An end further away than any lease lasts was written before the clock was put back.
  return ends > nowMs && ends <= nowMs + leaseMs;
}

/** Whether it could be taken: a look, without writing. */
export function isFree(connection: Connection, name: Lease["name"], owner: string, nowMs: number): boolean {
  const row = rowOf(connection, name);
  return !isHeld(row, nowMs) || row?.["owner"] === owner || isGone(row?.["owner"]);
}

/** Takes or renews a lease; `undefined` while another process holds it. */
export function acquire(connection: Connection, name: Lease["name"], owner: string, nowMs: number): Lease | undefined {
  return immediately(connection, () => {
    const row = rowOf(connection, name);
    const held = isHeld(row, nowMs);
    const own = held && row?.["owner"] === owner;
    if (held && !own && !isGone(row?.["owner"])) return undefined;
    const fence = Number(row?.["fence"] ?? 0) + (own ? 0 : 1);
    connection.prepare("INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?)").run(name, owner, fence, nowMs + leaseMs);
    return { name, owner, fence };
  });
}

/** Whether the lease is still this holder's: asked in the transaction that it protects. */
export function holds(connection: Connection, { name, owner, fence }: Lease): boolean {
  const row = connection.prepare("SELECT owner, fence FROM leases WHERE name = ?").get(name);
  return row?.["owner"] === owner && row["fence"] === fence;
}

/** Gives a lease back. The row stays: its fence only ever grows. */
export function release(connection: Connection, { name, owner, fence }: Lease): void {
  connection
    .prepare("UPDATE leases SET expires_at = 0 WHERE name = ? AND owner = ? AND fence = ?")
    .run(name, owner, fence);
}
