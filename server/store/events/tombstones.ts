/** What is not accepted again: what has expired, and what was erased. */
import type { CleanEvent } from "../../privacy/clean-event.ts";
import type { Connection, Row, Statement } from "../driver/driver.ts";
import { followClock } from "../low-watermark.ts";
import { addTo } from "../state.ts";

/** Why an event is not accepted. */
export type Bar = "below_watermark" | "erased";

export class Tombstones {
  readonly #connection: Connection;
  readonly #lowWatermark: Statement;
  readonly #list: Statement;
  #floorMs = 0;
  #erased: readonly Row[] = [];

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#lowWatermark = connection.prepare("SELECT value FROM state WHERE name = 'floor_ts'");
    this.#list = connection.prepare("SELECT * FROM erased");
  }

  /** Reads it again: at the beginning of a transaction, the list only where something was erased meanwhile. */
  read(somethingErased: boolean, nowMs: number): void {
    this.#floorMs = Number(this.#lowWatermark.get()?.["value"] ?? 0);
    const fell = this.#floorMs > nowMs;
    if (fell) this.#floorMs = followClock(this.#connection, nowMs);
    if (somethingErased || fell) this.#erased = this.#list.all();
  }

  of({ tsMs, source, payload }: CleanEvent): Bar | undefined {
    if (tsMs < this.#floorMs) return "below_watermark";
    if (this.#erased.length === 0) return undefined;
    const erased = this.#erased.some(({ by, value, from_ts: from, to_ts: to }) => {
      if (tsMs < Number(from) || tsMs >= Number(to)) return false;
      return by === "period" || value === (by === "source" ? source : payload["workspace_hash"]);
    });
    return erased ? "erased" : undefined;
  }

  /** Counts events that lie below the watermark, for status and `doctor`. */
  count(below: number): void {
    if (below > 0) addTo(this.#connection, "below_watermark", below);
  }
}
