/** Rejects events that have expired or were erased, so that they are not imported again. */
import type { CleanEvent } from "../../privacy/clean-event.ts";
import type { Connection, Row, Statement } from "../driver/driver.ts";
import { followClock } from "../low-watermark.ts";
import { dayOfHour, localHour } from "../rollups/local-time.ts";
import { addTo } from "../state.ts";

/** Why an event is rejected. */
export type Bar = "below_watermark" | "erased";

export class Tombstones {
  readonly #connection: Connection;
  readonly #lowWatermark: Statement;
  readonly #list: Statement;
  #watermarkMs = 0;
  #erased: readonly Row[] = [];

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#lowWatermark = connection.prepare("SELECT value FROM state WHERE name = 'floor_ts'");
    this.#list = connection.prepare("SELECT * FROM erased");
  }

  /** Reloads in a transaction; the list only if something was erased or the clock changed. */
  read(somethingErased: boolean, nowMs: number): void {
    this.#watermarkMs = Number(this.#lowWatermark.get()?.["value"] ?? 0);
    const isAhead = this.#watermarkMs > nowMs;
    if (isAhead) this.#watermarkMs = followClock(this.#connection, nowMs);
    if (somethingErased || isAhead) this.#erased = this.#list.all();
  }

  of({ tsMs, utcOffsetMin, source, payload }: CleanEvent): Bar | undefined {
    if (tsMs < this.#watermarkMs) return "below_watermark";
    if (this.#erased.length === 0) return undefined;
    const day = dayOfHour(localHour(tsMs, utcOffsetMin));
    const erased = this.#erased.some(({ by, value, from_ts: from, to_ts: to, from_day: fromDay, to_day: toDay }) => {
      if (tsMs < Number(from) || tsMs >= Number(to)) return false;
      if (typeof fromDay === "number" && (day < fromDay || day >= Number(toDay))) return false;
      return by === "period" || value === (by === "source" ? source : payload["workspace_hash"]);
    });
    return erased ? "erased" : undefined;
  }

  /** Counts rejected events for status and `doctor`. */
  count(below: number): void {
    if (below > 0) addTo(this.#connection, "below_watermark", below);
  }
}
