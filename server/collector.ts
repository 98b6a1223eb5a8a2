/** The one way in: may I → firewall → store. An answer `stored` means committed and synced. */
import { categoryBits } from "../shared/categories.ts";
import type { Checked } from "../shared/check.ts";
import type { Permission } from "../shared/consent.ts";
import type { Raw } from "../shared/raw.ts";
import type { Problem, recordEvents } from "../shared/recording.ts";
import type { Clock } from "./clock.ts";
import { type Gate, NotPermittedError } from "./gate.ts";
import type { Imported } from "./intake/event-log.ts";
import type { Maintenance } from "./maintenance.ts";
import type { Firewall } from "./privacy/firewall.ts";
import type { Connection } from "./store/driver.ts";
import type { Shareable } from "./store/events.ts";
import type { Store } from "./store/store.ts";

type Outcome = Checked<(typeof recordEvents)["result"]>;

export class Collector {
  readonly #gate: Gate;
  readonly #firewall: Firewall;
  readonly #store: Store;
  readonly #maintenance: Maintenance;
  readonly #clock: Clock;
  readonly #explain: (error: unknown) => Problem;
  #lastStoredMs: number | null = null;

  constructor(
    gate: Gate,
    firewall: Firewall,
    store: Store,
    maintenance: Maintenance,
    clock: Clock,
    explain: (error: unknown) => Problem,
  ) {
    this.#gate = gate;
    this.#firewall = firewall;
    this.#store = store;
    this.#maintenance = maintenance;
    this.#clock = clock;
    this.#explain = explain;
  }

  /** When something was last stored by this worker. */
  get lastStoredMs(): number | null {
    return this.#lastStoredMs;
  }

  /** Takes lines of an event log, with where the reading stands. @throws NotPermittedError, ConfigError, SQLite's error. */
  import(events: readonly Raw[], also: (connection: Connection) => void): Imported {
    const { permission, database, blockSensitive, limits, decidedMs } = this.#gate.rule();
    if (permission.mode === "off") throw new NotPermittedError("Recording is off.");
    this.#store.moveTo(database);
    const nowMs = this.#clock.nowMs();
    const sinceMs = this.#gate.recordingSinceMs();
    const clean = events
      .map((raw) => this.#firewall.admit(raw, { collect: permission.collect, blockSensitive }, nowMs))
      .filter((event) => event !== undefined);
    const own = clean.filter(({ tsMs }) => tsMs >= sinceMs);
    const share = shareable(permission, decidedMs, nowMs);
    const { stored, repeated } = this.#store.write(own, permission.collect.includes("platform"), share, also);
    if (stored > 0) {
      this.#lastStoredMs = nowMs;
      this.#maintenance.stored(limits);
    }
    return {
      stored,
      repeated,
      earlier: clean.length - own.length,
      refused: events.length - clean.length + own.length - stored - repeated,
    };
  }

  /** `before`: what must be done before anything is looked at. */
  record(events: readonly Raw[], before: () => void = () => undefined): Outcome {
    try {
      before();
      const { permission, database, blockSensitive, limits, decidedMs } = this.#gate.rule();
      if (permission.mode === "off") return { outcome: "not_permitted", permission };
      this.#store.moveTo(database);
      const nowMs = this.#clock.nowMs();
      const clean = events
        .map((raw) => this.#firewall.admit(raw, { collect: permission.collect, blockSensitive }, nowMs))
        .filter((event) => event !== undefined);
      const { stored, repeated } =
        clean.length === 0
          ? { stored: 0, repeated: 0 }
          : this.#store.write(clean, permission.collect.includes("platform"), shareable(permission, decidedMs, nowMs));
      if (stored > 0) {
        this.#lastStoredMs = nowMs;
        this.#maintenance.stored(limits);
      }
      return { outcome: "stored", stored, repeated, refused: events.length - stored - repeated };
    } catch (error) {
      return { outcome: "failed", problem: this.#explain(error) };
    }
  }
}

/** The consent to share under which something is written now, where there is one. */
export function shareable({ mode, share }: Permission, decidedMs: number | null, nowMs: number): Shareable | undefined {
  if (mode !== "share" || share.length === 0 || decidedMs === null) return undefined;
  return { bits: categoryBits(share), sinceMs: decidedMs, nowMs };
}
