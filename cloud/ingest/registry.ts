/**
 * The registry of installations in PostgreSQL: each pseudonym's secret, enrolment time, number of
 * active days and erasure state. Changes are durable before they are acknowledged; lookups are
 * cached.
 */

import type { NotApplied } from "../aggregates/aggregates.ts";
import { migratePostgres } from "../aggregates/migrate.ts";
import type { Postgres } from "../aggregates/postgres.ts";
import { dayOf } from "../hours.ts";
import { GroupCommit } from "./group-commit.ts";
import {
  erasedUserDigest,
  type Installation,
  type InstallationRow,
  installationOf,
  rowColumns,
} from "./installation.ts";
import { InstallationCache } from "./installation-cache.ts";
import { type ReceiptKey, ReceiptKeys } from "./receipt-keys.ts";
import { RecentMap } from "./recent-map.ts";
import { importRegistryFile } from "./registry-file.ts";
import { registrySteps } from "./registry-schema.ts";
import { encryptSecret } from "./sealed-secret.ts";

/** Recently erased pseudonyms that a request which began earlier may still name. */
const maxRecentlyErased = 10_000;

/**
 * What an erasure found before it deleted anything; after the deletion it cannot be found again.
 */
export interface Found {
  readonly digest: string;
  /** Seconds since 1970 of the hours with events. */
  readonly hours: readonly number[];
  readonly events: number;
}

export interface Completed {
  readonly digest: string;
  readonly notApplied: NotApplied;
}

interface Enrolment {
  readonly id: string;
  readonly secret: Buffer;
  readonly nowMs: number;
}

export type Enrolled = "enrolled" | "other" | "erased";

const firstById = "SELECT DISTINCT ON (digest) * FROM given";

export class Registry {
  readonly #postgres: Postgres;
  readonly #keys: ReceiptKeys;
  readonly #cache = new InstallationCache();
  /** Digests of pending erasures. */
  readonly #waiting: Set<string>;
  readonly #recentlyErased = new RecentMap<string, true>(maxRecentlyErased);
  /** Pseudonym → number of its recent changes, which detects a change during a lookup. */
  readonly #changes = new RecentMap<string, number>(maxRecentlyErased);
  readonly #finding = new GroupCommit((ids: readonly string[]) => this.#find(ids));
  readonly #enrolling = new GroupCommit((all: readonly Enrolment[]) => this.#enroll(all));
  readonly #recordingActivity = new GroupCommit((all: readonly { readonly id: string; readonly day: string }[]) =>
    this.#recordActivity(all),
  );
  readonly #requesting = new GroupCommit((all: readonly { readonly id: string; readonly nowMs: number }[]) =>
    this.#requestErasures(all),
  );

  private constructor(postgres: Postgres, keys: ReceiptKeys, waiting: Set<string>) {
    this.#postgres = postgres;
    this.#keys = keys;
    this.#waiting = waiting;
  }

  /**
   * Creates missing tables. `file`: the registry file of version 0.8, which is imported and
   * deleted.
   * @throws the database's error; Error that names the line if the file is damaged.
   */
  static async open(postgres: Postgres, file?: string): Promise<Registry> {
    await migratePostgres(postgres, "registry", registrySteps);
    if (file !== undefined) await importRegistryFile(postgres, file);
    const rows = await postgres.query<{ digest: string }>(
      "SELECT digest FROM installations WHERE requested_ms IS NOT NULL AND erased_ms IS NULL",
      [],
    );
    return new Registry(postgres, await ReceiptKeys.open(postgres), new Set(rows.map(({ digest }) => digest)));
  }

  /** @throws the database's error. */
  async find(anonUserId: string): Promise<Installation | undefined> {
    for (;;) {
      const cached = this.#cache.get(anonUserId);
      if (cached !== undefined) return cached;
      const before = this.#changes.get(anonUserId);
      const found = await this.#finding.add(anonUserId);
      // Race: changed during the lookup, so the result may be outdated.
      if (before !== this.#changes.get(anonUserId)) continue;
      if (found !== undefined) this.#cache.set(found);
      return found;
    }
  }

  #changed(anonUserId: string): void {
    this.#cache.delete(anonUserId);
    this.#changes.set(anonUserId, (this.#changes.get(anonUserId) ?? 0) + 1);
  }

  async #find(ids: readonly string[]): Promise<readonly (Installation | Error | undefined)[]> {
    const rows = await this.#rowsOf(ids);
    return ids.map((id) => {
      const row = rows.get(erasedUserDigest(id));
      return row === undefined ? undefined : installationFrom(id, row);
    });
  }

  async #rowsOf(ids: readonly string[]): Promise<ReadonlyMap<string, InstallationRow>> {
    const rows = await this.#postgres.query<InstallationRow>(
      `SELECT ${rowColumns} FROM installations
       WHERE digest IN (SELECT jsonb_array_elements_text($1::jsonb))`,
      [JSON.stringify(ids.map(erasedUserDigest))],
    );
    return new Map(rows.map((row) => [row.digest, row]));
  }

  /**
   * Enrols a pseudonym with its first secret; repeating it changes nothing.
   * @throws the database's error.
   */
  enroll(anonUserId: string, secret: Buffer, nowMs: number): Promise<Enrolled> {
    return this.#enrolling.add({ id: anonUserId, secret, nowMs });
  }

  async #enroll(all: readonly Enrolment[]): Promise<readonly (Enrolled | Error)[]> {
    const enrolments = all.map(({ id, secret, nowMs }) => ({
      digest: erasedUserDigest(id),
      sealed_secret: encryptSecret(id, secret),
      enrolled_ms: nowMs,
    }));
    await this.#postgres.query(
      `WITH given AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS g(digest text, sealed_secret text, enrolled_ms bigint))
       INSERT INTO installations (digest, sealed_secret, enrolled_ms)
       SELECT digest, sealed_secret, enrolled_ms FROM (${firstById}) g ON CONFLICT (digest) DO NOTHING`,
      [JSON.stringify(enrolments)],
    );
    const rows = await this.#rowsOf(all.map(({ id }) => id));
    for (const { id } of all) this.#changed(id);
    return all.map(({ id, secret }) => {
      const row = rows.get(erasedUserDigest(id));
      // Race: expired between the two statements. The client enrols again.
      const known = row === undefined ? new Error("the enrolment expired") : installationFrom(id, row);
      if (known instanceof Error) return known;
      if (known.secret?.equals(secret) === false) return "other";
      return known.erasure === "none" ? "enrolled" : "erased";
    });
  }

  /**
   * Replaces the secret unless another rotation came first. Repeating it changes nothing.
   * @returns whether the new secret is now the current one.
   * @throws the database's error.
   */
  async rotateSecret({ anonUserId, secret: current, rotations }: Installation, secret: Buffer): Promise<boolean> {
    if (current?.equals(secret) === true) return true;
    await this.#postgres.query(
      `UPDATE installations SET sealed_previous = sealed_secret, sealed_secret = $2, rotations = rotations + 1
       WHERE digest = $1 AND requested_ms IS NULL AND rotations = $3`,
      [erasedUserDigest(anonUserId), encryptSecret(anonUserId, secret), rotations],
    );
    this.#changed(anonUserId);
    const now = await this.find(anonUserId);
    return now?.erasure === "none" && now.secret?.equals(secret) === true;
  }

  /**
   * Records that a batch is about to be accepted on this day. Durable before the batch is, so that
   * an erasure cannot miss it.
   * @returns the updated installation; `undefined` if it expired.
   * @throws the database's error.
   */
  async recordActivity(installation: Installation, nowMs: number): Promise<Installation | undefined> {
    const { anonUserId, activeDay = "" } = installation;
    const day = dayOf(nowMs);
    if (activeDay >= day) return installation;
    await this.#recordingActivity.add({ id: anonUserId, day });
    return this.find(anonUserId);
  }

  async #recordActivity(all: readonly { readonly id: string; readonly day: string }[]): Promise<readonly undefined[]> {
    await this.#postgres.query(
      `UPDATE installations i SET active_days = i.active_days + 1, active_day = g.day
       FROM jsonb_to_recordset($1::jsonb) AS g(digest text, day date)
       WHERE i.digest = g.digest AND i.requested_ms IS NULL AND (i.active_day IS NULL OR i.active_day < g.day)`,
      [JSON.stringify(all.map(({ id, day }) => ({ digest: erasedUserDigest(id), day })))],
    );
    for (const { id } of all) this.#changed(id);
    return all.map(() => undefined);
  }

  /** Returns whether an erasure was requested, for requests that began before it. */
  isErased(anonUserId: string): boolean {
    const digest = erasedUserDigest(anonUserId);
    return this.#waiting.has(digest) || this.#recentlyErased.has(digest);
  }

  /** Returns the pseudonyms whose erasure was ever requested. @throws the database's error. */
  async erasedAmong(anonUserIds: Iterable<string>): Promise<ReadonlySet<string>> {
    const ids = [...new Set(anonUserIds)];
    const rows = ids.length === 0 ? new Map() : await this.#rowsOf(ids);
    return new Set(
      ids.filter((id) => (rows.get(erasedUserDigest(id))?.requested_ms ?? null) !== null || this.isErased(id)),
    );
  }

  /** Digests of pending erasures. */
  get waiting(): readonly string[] {
    return [...this.#waiting];
  }

  /**
   * Requests an erasure; nothing of the pseudonym is accepted afterwards. If no batch was ever
   * accepted, the erasure is complete at once.
   * @returns the installation; `undefined` if it does not exist.
   * @throws the database's error.
   */
  async requestErasure(anonUserId: string, nowMs: number): Promise<Installation | undefined> {
    await this.#requesting.add({ id: anonUserId, nowMs });
    return this.find(anonUserId);
  }

  async #requestErasures(
    all: readonly { readonly id: string; readonly nowMs: number }[],
  ): Promise<readonly undefined[]> {
    const rows = await this.#postgres.query<{ digest: string; waits: boolean }>(
      `WITH given AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS g(digest text, now_ms bigint))
       UPDATE installations i SET requested_ms = g.now_ms,
         erased_ms = CASE WHEN i.active_day IS NULL THEN g.now_ms END,
         found_events = CASE WHEN i.active_day IS NULL THEN 0 END
       FROM (${firstById}) g WHERE i.digest = g.digest AND i.requested_ms IS NULL
       RETURNING i.digest, i.erased_ms IS NULL AS waits`,
      [JSON.stringify(all.map(({ id, nowMs }) => ({ digest: erasedUserDigest(id), now_ms: nowMs })))],
    );
    for (const { digest, waits } of rows) {
      if (waits) this.#waiting.add(digest);
      else this.#recentlyErased.set(digest, true);
    }
    for (const { id } of all) this.#changed(id);
    return all.map(() => undefined);
  }

  /**
   * Stores what is about to be deleted. Events deleted before a crash are not found again, so hours
   * are merged and the larger count is kept.
   * @returns the stored values.
   * @throws the database's error.
   */
  async saveFound(found: readonly Found[]): Promise<readonly Found[]> {
    const rows = await this.#postgres.query<{ digest: string; hours: readonly number[]; events: string | number }>(
      `WITH given AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS g(digest text, hours jsonb, events bigint))
       UPDATE installations i SET
         found_hours = (SELECT coalesce(jsonb_agg(DISTINCT h), '[]') FROM jsonb_array_elements(coalesce(i.found_hours, '[]') || g.hours) h),
         found_events = greatest(coalesce(i.found_events, 0), g.events)
       FROM given g WHERE i.digest = g.digest RETURNING i.digest, i.found_hours AS hours, i.found_events AS events`,
      [JSON.stringify(found)],
    );
    return rows.map(({ digest, hours, events }) => ({ digest, hours: hours.map(Number), events: Number(events) }));
  }

  /** @throws the database's error. */
  async completeErasures(completed: readonly Completed[], nowMs: number): Promise<void> {
    await this.#postgres.query(
      `WITH given AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS g(digest text, "notApplied" jsonb))
       UPDATE installations i SET erased_ms = $2::bigint, not_applied = g."notApplied", found_hours = NULL,
         sealed_previous = NULL, active_days = 0
       FROM given g WHERE i.digest = g.digest`,
      [JSON.stringify(completed), nowMs],
    );
    for (const { digest } of completed) {
      this.#recentlyErased.set(digest, true);
      this.#waiting.delete(digest);
    }
  }

  /**
   * Deletes enrolments older than `beforeMs` without an accepted batch. Returns their number.
   * @throws the database's error.
   */
  async expire(beforeMs: number): Promise<number> {
    const rows = await this.#postgres.query(
      `DELETE FROM installations WHERE enrolled_ms < $1::bigint AND active_day IS NULL AND requested_ms IS NULL RETURNING 1`,
      [beforeMs],
    );
    this.#cache.dropIdle(beforeMs);
    return rows.length;
  }

  /** Checks that the database responds. @throws the database's error. */
  async probe(): Promise<void> {
    await this.#postgres.query("SELECT 1", []);
  }

  /**
   * Creates a receipt key, signed by the previous one. Returns its ID.
   * @throws the database's error.
   */
  rotateKey(): Promise<string> {
    return this.#keys.rotate();
  }

  /** Newest first. */
  get keys(): readonly ReceiptKey[] {
    return this.#keys.all;
  }

  /** Returns a digest of a refused row, keyed with a secret of this server. */
  refusalDigest(text: string): string {
    return this.#keys.refusalDigest(text);
  }

  signed(content: object): string {
    return this.#keys.signed(content);
  }
}

/** Returns an error for a damaged row, so that other lookups of the same group succeed. */
function installationFrom(anonUserId: string, row: InstallationRow): Installation | Error {
  try {
    return installationOf(anonUserId, row);
  } catch {
    return new Error("the registry row is damaged");
  }
}
