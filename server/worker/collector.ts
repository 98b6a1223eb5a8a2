/** The one way in: may I → firewall → store. An answer `stored` means committed and synced. */

import type { Permission } from "../../shared/consent/consent.ts";
import type { Problem, RecordEventsRequest } from "../../shared/protocol/record.ts";
import type { Validated } from "../../shared/protocol/validate.ts";
import { categoryBits } from "../../shared/schema/categories.ts";
import type { Raw } from "../../shared/schema/raw.ts";
import type { Clock } from "../clock.ts";
import { NotPermittedError, type PermissionEvaluator } from "../config/permission.ts";
import type { Imported } from "../ingest/event-log.ts";
import type { AgentIds } from "../ingest/hooks/ids.ts";
import { type Leftover, leftoverOf } from "../ingest/leftovers.ts";
import type { Line } from "../ingest/log-reader.ts";
import type { CleanEvent } from "../privacy/clean-event.ts";
import type { Firewall } from "../privacy/firewall.ts";
import type { Connection } from "../store/driver/driver.ts";
import type { ShareConsent } from "../store/events/write.ts";
import type { Store } from "../store/store.ts";
import type { Maintenance } from "./maintenance.ts";

type RecordOutcome = Validated<(typeof RecordEventsRequest)["result"]>;

export class Collector {
  readonly #permissions: PermissionEvaluator;
  readonly #firewall: Firewall;
  readonly #store: Store;
  readonly #maintenance: Maintenance;
  readonly #ids: AgentIds;
  readonly #clock: Clock;
  readonly #explain: (error: unknown) => Problem;
  #lastStoredMs: number | null = null;

  constructor(
    permissions: PermissionEvaluator,
    firewall: Firewall,
    store: Store,
    maintenance: Maintenance,
    ids: AgentIds,
    clock: Clock,
    explain: (error: unknown) => Problem,
  ) {
    this.#permissions = permissions;
    this.#firewall = firewall;
    this.#store = store;
    this.#maintenance = maintenance;
    this.#ids = ids;
    this.#clock = clock;
    this.#explain = explain;
  }

  /** When something was last stored by this worker. */
  get lastStoredMs(): number | null {
    return this.#lastStoredMs;
  }

  /**
   * Takes lines of event logs. `also` runs in the same transaction, with the lines whose time forbids to import them now.
   * @throws NotPermittedError, ConfigError, SQLite's error.
   */
  import(
    lines: readonly Line[],
    inSameTransaction: (connection: Connection, postponed: readonly Leftover[]) => void,
  ): Imported {
    const { permission, database, blockSensitive, limits, decidedMs } = this.#permissions.evaluate();
    if (permission.mode === "off") throw new NotPermittedError("Recording is off.");
    this.#store.selectFile(database);
    const nowMs = this.#clock.nowMs();
    const sinceMs = this.#store.consentedMs(this.#permissions.recordingSinceMs());
    const allowance = { collect: permission.collect, blockSensitive };
    const clean: CleanEvent[] = [];
    const postponed: Leftover[] = [];
    const counts = { refused: 0, beforeConsent: 0, ahead: 0 };
    for (const line of lines) {
      for (const raw of line.events?.(this.#ids) ?? []) {
        const admitted = this.#firewall.admitOrRefuse(raw, allowance, nowMs);
        if (admitted === "bad_time") {
          // Cleaned as if it were due: what is kept has passed the firewall.
          const due = this.#firewall.admit(raw, allowance, Number.MAX_SAFE_INTEGER);
          if (due === undefined) counts.refused += 1;
          else {
            postponed.push(leftoverOf("ahead_of_clock", line.place, due));
            counts.ahead += 1;
          }
        } else if (typeof admitted === "string") counts.refused += 1;
        else if (admitted.tsMs < sinceMs) {
          postponed.push(leftoverOf("before_consent", line.place, admitted));
          counts.beforeConsent += 1;
        } else clean.push(admitted);
      }
    }
    const share = this.#shareable(permission, decidedMs);
    const written = this.#store.write(clean, permission.collect.includes("platform"), share, (connection) =>
      inSameTransaction(connection, postponed),
    );
    if (written.stored > 0) {
      this.#lastStoredMs = nowMs;
      this.#maintenance.stored(limits);
    }
    return { ...counts, ...written };
  }

  /** The consent to share under which something is written now; one that is dated in the future counts from now on. */
  #shareable(permission: Permission, decidedMs: number | null): ShareConsent | undefined {
    return shareable(permission, decidedMs === null ? null : this.#store.consentedMs(decidedMs));
  }

  /** `before`: what must be done before anything is looked at. */
  record(events: readonly Raw[], before: () => void = () => undefined): RecordOutcome {
    try {
      before();
      const { permission, database, blockSensitive, limits, decidedMs } = this.#permissions.evaluate();
      if (permission.mode === "off") return { outcome: "not_permitted", permission };
      this.#store.selectFile(database);
      const nowMs = this.#clock.nowMs();
      const clean = events
        .map((raw) => this.#firewall.admit(raw, { collect: permission.collect, blockSensitive }, nowMs))
        .filter((event) => event !== undefined);
      const { stored, repeated, belowWatermark } =
        clean.length === 0
          ? { stored: 0, repeated: 0, belowWatermark: 0 }
          : this.#store.write(clean, permission.collect.includes("platform"), this.#shareable(permission, decidedMs));
      if (stored > 0) {
        this.#lastStoredMs = nowMs;
        this.#maintenance.stored(limits);
      }
      const refused = events.length - stored - repeated - belowWatermark;
      return { outcome: "stored", stored, repeated, refused, belowWatermark };
    } catch (error) {
      return { outcome: "failed", problem: this.#explain(error) };
    }
  }
}

/** The consent to share under which something is written now, where there is one. */
export function shareable({ mode, share }: Permission, decidedMs: number | null): ShareConsent | undefined {
  if (mode !== "share" || share.length === 0 || decidedMs === null) return undefined;
  return { bits: categoryBits(share), sinceMs: decidedMs };
}
