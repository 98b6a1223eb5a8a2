/**
 * The right to upload during one run: the lease with its fencing number, and the signal that stops
 * the run. Every write to the database goes through `change`, which rejects a former holder of the
 * lease.
 */

import { type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";
import { type Message, message } from "../../../shared/protocol/message.ts";
import type { Destination } from "../../config/destination.ts";
import type { EffectivePolicy } from "../../config/permission.ts";
import { type Connection, immediately } from "../../store/driver/driver.ts";
import { acquire, holds, type Lease, leaseMs, release } from "../../store/lease.ts";
import type { HttpClient } from "../http/http-client.ts";
import { readUploadState, type UploadState } from "../state/upload-state.ts";
import { LeaseLostError, SyncStopped, type UploadStep } from "./report.ts";
import type { Skew } from "./request.ts";
import type { UploaderParts } from "./uploader.ts";

export const consentWithdrawn: Message = message("Consent was withdrawn.");

export class UploadSession {
  readonly parts: UploaderParts;
  readonly skew: Skew = { ms: 0 };
  readonly #owner: string;
  readonly #stop: AbortController;
  readonly #lease: Lease;
  readonly #renewal: NodeJS.Timeout;
  readonly #watcher: FSWatcher | undefined;
  #client: HttpClient | undefined;

  private constructor(parts: UploaderParts, owner: string, stop: AbortController, lease: Lease, mayShare: boolean) {
    this.parts = parts;
    this.#owner = owner;
    this.#stop = stop;
    this.#lease = lease;
    this.step("leased");
    this.#renewal = setInterval(() => this.#renew(), leaseMs / 3);
    this.#watcher = mayShare ? this.#watchConsent() : undefined;
  }

  /** Acquires the lease; `undefined` if another process holds it. @throws SQLite's error. */
  static open(
    parts: UploaderParts,
    owner: string,
    stop: AbortController,
    mayShare: boolean,
  ): UploadSession | undefined {
    const lease = parts.store.withDatabase((connection) => acquire(connection, "upload", owner, parts.clock.nowMs()));
    return lease === undefined ? undefined : new UploadSession(parts, owner, stop, lease, mayShare);
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  nowMs(): number {
    return this.parts.clock.nowMs();
  }

  step(step: UploadStep): void {
    this.parts.step?.(step);
  }

  read<T>(work: (connection: Connection) => T): T {
    return this.parts.store.withDatabase(work);
  }

  state(): UploadState | undefined {
    return this.read(readUploadState);
  }

  /** Runs a transaction as the holder of the lease. @throws LeaseLostError, SQLite's error. */
  readonly change = (work: (connection: Connection) => void): void => {
    this.parts.store.withExistingDatabase((connection) =>
      immediately(connection, () => {
        if (!holds(connection, this.#lease)) throw new LeaseLostError();
        work(connection);
      }),
    );
  };

  /**
   * Returns what may be shared now, and with which server.
   * @throws SyncStopped if nothing may be shared.
   */
  policy(): { readonly policy: EffectivePolicy; readonly destination: Destination } {
    const policy = this.parts.permissions.evaluate();
    const { permission, destination } = policy;
    if (permission.mode !== "share" || destination === null)
      throw new SyncStopped("not_permitted", notPermittedMessage(policy));
    return { policy, destination };
  }

  async client(destination: Destination): Promise<HttpClient> {
    this.#client ??= await this.parts.open(destination);
    return this.#client;
  }

  /** Releases the lease and closes the connection to the server. */
  async close(): Promise<void> {
    clearInterval(this.#renewal);
    this.#watcher?.close();
    await this.#client?.close();
    this.parts.store.withExistingDatabase((connection) => release(connection, this.#lease));
    this.step("released");
  }

  /** Renews the lease, because a request may take longer than it lasts. */
  #renew(): void {
    try {
      const lease = this.parts.store.withExistingDatabase((connection) =>
        acquire(connection, "upload", this.#owner, this.nowMs()),
      );
      if (lease === undefined || lease.fence !== this.#lease.fence) this.#stop.abort(new LeaseLostError());
    } catch {
      // The database may be locked or the disk full for a moment; the next renewal or `change`
      // fails.
    }
  }

  /** Aborts the request under way when another process withdraws consent. */
  #watchConsent(): FSWatcher | undefined {
    try {
      const watcher = watch(dirname(this.parts.paths.consentFile), () => {
        if (!this.#maySend()) this.#stop.abort(new SyncStopped("stopped", consentWithdrawn));
      });
      watcher.on("error", () => undefined);
      return watcher;
    } catch {
      // Without a watcher, the permission is still evaluated before each request.
      return undefined;
    }
  }

  /** An unreadable configuration may contain a refusal, so it counts as one. */
  #maySend(): boolean {
    try {
      return this.parts.permissions.evaluate().permission.mode === "share";
    } catch {
      return false;
    }
  }
}

export function notPermittedMessage({ permission }: EffectivePolicy): Message {
  const names = permission.refusals.map(({ name }) => name);
  if (permission.consent !== "given" || names.length === 0) return message("You have not consented to sharing.");
  return message("Sharing is blocked by {names}.", { names: names.join("; ") });
}
