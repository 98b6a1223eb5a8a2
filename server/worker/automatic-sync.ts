/** Uploads without a request of the user: after new events where the user chose that, and again after a failure. */

import type { Permission } from "../../shared/consent/consent.ts";
import { minuteMs } from "../../shared/schema/durations.ts";
import type { SyncOptions, SyncReport } from "../upload/sync/report.ts";
import { maxWaitMs } from "../upload/sync/retry.ts";
import type { TelemetryCore } from "./core.ts";

/** Shortest time between two notifications of the sharing status, and between two automatic uploads. Milliseconds. */
const notifyMs = 2_000;
const automaticMs = 15 * minuteMs;
/** A retry starts a little late, so that it is due by every clock. Milliseconds. */
const retryMarginMs = 250;

/** Returns the current permission; off if it cannot be read, because an unreadable configuration may contain a refusal. */
export function permittedNow({ permissions }: TelemetryCore): Pick<Permission, "mode" | "automatic" | "collect"> {
  try {
    return permissions.evaluate().permission;
  } catch {
    return { mode: "off", automatic: false, collect: [] };
  }
}

export class AutomaticSync {
  readonly #core: TelemetryCore;
  #sentMs = 0;
  #isResident = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(core: TelemetryCore) {
    this.#core = core;
  }

  /** For a process that lives as long as a window, and can retry later. */
  stayResident(): void {
    this.#isResident = true;
  }

  /** Reports the sharing status once, and schedules the retry that an earlier process left. */
  begin(): void {
    if (this.#core.sharingNotifiedMs !== 0) return;
    this.#core.notifySharing();
    this.#retryAt(this.#core.sharing.status().retryAtMs);
  }

  /** Called after events were stored. */
  afterStored(): void {
    const nowMs = this.#core.clock.nowMs();
    if (Math.abs(nowMs - this.#core.sharingNotifiedMs) < notifyMs) return;
    const { mode, automatic } = permittedNow(this.#core);
    if (mode !== "share") return;
    this.#core.notifySharing();
    if (!automatic || Math.abs(nowMs - this.#sentMs) < automaticMs) return;
    this.#sentMs = nowMs;
    this.#syncQuietly({ userInitiated: false });
  }

  /** Uploads, and schedules a retry if the report names a time. @throws SQLite's error, the file system's error. */
  async sync(options: SyncOptions): Promise<SyncReport> {
    const report = await this.#core.sharing.sync(options);
    if (!this.#core.signal.aborted) this.#retryAt(report.retryAtMs);
    return report;
  }

  stop(): void {
    clearTimeout(this.#retry);
  }

  #syncQuietly(options: SyncOptions): void {
    this.sync(options).catch((error: unknown) => this.#core.reportProblem(error));
  }

  /** A retry sends what the user asked to send, or everything where uploading is automatic. */
  #retryAt(retryAtMs: number | null): void {
    clearTimeout(this.#retry);
    if (!this.#isResident || retryAtMs === null) return;
    const waitMs = Math.min(maxWaitMs, Math.max(0, retryAtMs - this.#core.clock.nowMs()));
    const retry = () => this.#syncQuietly({ userInitiated: false, onlyFlush: !permittedNow(this.#core).automatic });
    this.#retry = setTimeout(retry, waitMs + retryMarginMs).unref();
  }
}
