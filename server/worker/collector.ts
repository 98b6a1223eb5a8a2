/** The only path into the store: permission, firewall, transaction. `stored` means committed and synced to disk. */

import type { Permission } from "../../shared/consent/consent.ts";
import type { Problem, RecordEventsRequest } from "../../shared/protocol/record.ts";
import type { Validated } from "../../shared/protocol/validate.ts";
import { categoryBits } from "../../shared/schema/categories.ts";
import type { Raw } from "../../shared/schema/raw.ts";
import type { Clock } from "../clock.ts";
import { NotPermittedError, type PermissionEvaluator } from "../config/permission.ts";
import type { Imported } from "../ingest/event-log.ts";
import type { AgentIds } from "../ingest/hooks/ids.ts";
import { type Leftover, type LeftoverReason, leftoverOf } from "../ingest/leftovers.ts";
import type { Line, LinePosition } from "../ingest/log-reader.ts";
import type { CleanEvent } from "../privacy/clean-event.ts";
import type { AdmitOptions, Firewall } from "../privacy/firewall.ts";
import type { Connection } from "../store/driver/driver.ts";
import type { ShareConsent, WriteResult } from "../store/events/write.ts";
import type { Limits } from "../store/retention.ts";
import type { Store } from "../store/store.ts";
import type { Maintenance } from "./maintenance.ts";

/** Nothing to write needs no transaction. */
const nothingWritten: WriteResult = { stored: 0, repeated: 0, belowWatermark: 0 };

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

  /** When this worker last stored an event, in milliseconds since 1970. */
  get lastStoredMs(): number | null {
    return this.#lastStoredMs;
  }

  /** Records the editor's events. `before` runs before anything is read. Never throws. */
  record(events: readonly Raw[], before: () => void = () => undefined): RecordOutcome {
    try {
      before();
      const admission = this.#admission();
      if (admission.permission.mode === "off") return { outcome: "not_permitted", permission: admission.permission };
      const clean = events
        .map((raw) => this.#firewall.admit(raw, admission.options, admission.nowMs))
        .filter((event) => event !== undefined);
      const written = clean.length === 0 ? nothingWritten : this.#write(clean, admission);
      const { stored, repeated, belowWatermark } = written;
      const refused = events.length - stored - repeated - belowWatermark;
      return { outcome: "stored", stored, repeated, refused, belowWatermark };
    } catch (error) {
      return { outcome: "failed", problem: this.#explain(error) };
    }
  }

  /**
   * Imports lines of event logs. `inSameTransaction` gets the events whose time forbids importing them now.
   * @throws NotPermittedError, ConfigError, SQLite's error.
   */
  import(
    lines: readonly Line[],
    inSameTransaction: (connection: Connection, postponed: readonly Leftover[]) => void,
  ): Imported {
    const admission = this.#admission();
    if (admission.permission.mode === "off") throw new NotPermittedError("Recording is off.");
    const sinceMs = this.#store.consentedMs(this.#permissions.recordingSinceMs());
    const clean: CleanEvent[] = [];
    const postponed: Leftover[] = [];
    let refused = 0;
    for (const { place, events } of lines) {
      for (const raw of events?.(this.#ids) ?? []) {
        const event = this.#admitOrPostpone(raw, place, admission, sinceMs);
        if (event === undefined) refused += 1;
        else if ("reason" in event) postponed.push(event);
        else clean.push(event);
      }
    }
    const written = this.#write(clean, admission, (connection) => inSameTransaction(connection, postponed));
    const count = (reason: LeftoverReason) => postponed.filter((leftover) => leftover.reason === reason).length;
    return { ...written, refused, beforeConsent: count("before_consent"), ahead: count("ahead_of_clock") };
  }

  /** Returns a clean event, one to import later, or `undefined` if the firewall refuses it. */
  #admitOrPostpone(
    raw: Raw,
    place: LinePosition,
    { options, nowMs }: Admission,
    sinceMs: number,
  ): CleanEvent | Leftover | undefined {
    const admitted = this.#firewall.admitOrRefuse(raw, options, nowMs);
    if (admitted === "bad_time") {
      // Cleaned as if it were due, because only clean events are kept.
      const due = this.#firewall.admit(raw, options, Number.MAX_SAFE_INTEGER);
      return due === undefined ? undefined : leftoverOf("ahead_of_clock", place, due);
    }
    if (typeof admitted === "string") return undefined;
    return admitted.tsMs < sinceMs ? leftoverOf("before_consent", place, admitted) : admitted;
  }

  /** Evaluates the permission and selects the configured database. @throws ConfigError */
  #admission(): Admission {
    const { permission, database, blockSensitive, limits, decidedMs } = this.#permissions.evaluate();
    if (permission.mode !== "off") this.#store.selectFile(database);
    const options = { collect: permission.collect, blockSensitive };
    return { permission, options, limits, decidedMs, nowMs: this.#clock.nowMs() };
  }

  /** @throws SQLite's error. */
  #write(
    events: readonly CleanEvent[],
    { permission, limits, decidedMs, nowMs }: Admission,
    inSameTransaction?: (connection: Connection) => void,
  ): WriteResult {
    // A consent dated in the future counts from when it is first read.
    const share = shareable(permission, decidedMs === null ? null : this.#store.consentedMs(decidedMs));
    const written = this.#store.write(events, permission.collect.includes("platform"), share, inSameTransaction);
    if (written.stored > 0) {
      this.#lastStoredMs = nowMs;
      this.#maintenance.stored(limits);
    }
    return written;
  }
}

/** The rules for the events of one request or import. */
interface Admission {
  readonly permission: Permission;
  readonly options: AdmitOptions;
  readonly limits: Limits;
  readonly decidedMs: number | null;
  readonly nowMs: number;
}

/** Returns the consent under which events written now may be shared; `undefined` if there is none. */
export function shareable({ mode, share }: Permission, decidedMs: number | null): ShareConsent | undefined {
  if (mode !== "share" || share.length === 0 || decidedMs === null) return undefined;
  return { bits: categoryBits(share), sinceMs: decidedMs };
}
