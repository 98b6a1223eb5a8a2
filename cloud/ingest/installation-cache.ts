/**
 * Cache of recently used installations in a compact form: 50,000 of them need less than 20 MB.
 * Never contains installations with a requested erasure.
 */

import { dayMs } from "../../shared/schema/durations.ts";
import type { Installation } from "./installation.ts";
import { RecentMap } from "./recent-map.ts";

const maxCached = 50_000;

/** Secrets are strings because a Buffer needs five times the memory. */
interface Packed {
  readonly secret: string;
  readonly previous: string | undefined;
  readonly rotations: number;
  readonly enrolledMs: number;
  readonly activeDays: number;
  /** Days since 1970; -1: none. */
  readonly activeDay: number;
}

const textOf = (secret: Buffer): string => secret.toString("latin1");
const bytesOf = (text: string): Buffer => Buffer.from(text, "latin1");

export class InstallationCache {
  readonly #entries = new RecentMap<string, Packed>(maxCached);

  get(anonUserId: string): Installation | undefined {
    const entry = this.#entries.get(anonUserId);
    if (entry === undefined) return undefined;
    const { secret, previous, rotations, enrolledMs, activeDays, activeDay } = entry;
    return {
      anonUserId,
      secret: bytesOf(secret),
      previousSecret: previous === undefined ? undefined : bytesOf(previous),
      rotations,
      enrolledMs,
      activeDays,
      activeDay: activeDay === -1 ? undefined : new Date(activeDay * dayMs).toISOString().slice(0, 10),
      erasure: "none",
    };
  }

  set(installation: Installation): void {
    const { anonUserId, secret, previousSecret, rotations, enrolledMs, activeDays, activeDay, erasure } = installation;
    if (erasure !== "none" || secret === undefined) return;
    this.#entries.set(anonUserId, {
      rotations,
      secret: textOf(secret),
      previous: previousSecret === undefined ? undefined : textOf(previousSecret),
      enrolledMs,
      activeDays,
      activeDay: activeDay === undefined ? -1 : Date.parse(activeDay) / dayMs,
    });
  }

  delete(anonUserId: string): void {
    this.#entries.delete(anonUserId);
  }

  /**
   * Drops installations without an accepted batch that enrolled before `beforeMs`: they may have
   * expired.
   */
  dropIdle(beforeMs: number): void {
    for (const [id, { activeDay, enrolledMs }] of [...this.#entries])
      if (activeDay === -1 && enrolledMs < beforeMs) this.#entries.delete(id);
  }
}
