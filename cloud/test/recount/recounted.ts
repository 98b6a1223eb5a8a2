/** A warehouse with made-up events, for comparing its answers with a recount. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recomputeHours } from "../../warehouse/rollups.ts";
import { Warehouse } from "../../warehouse/warehouse.ts";
import { lineOf, type TestEvent } from "./events.ts";

export const hoursOf = (events: readonly TestEvent[]): ReadonlySet<number> =>
  new Set(events.map(({ tsMs }) => Math.floor(tsMs / 3_600_000) * 3_600));

export class RecountedWarehouse {
  readonly warehouse: Warehouse;
  readonly #folder: string;
  readonly #nowMs: number;
  #inserts = 0;

  private constructor(warehouse: Warehouse, folder: string, nowMs: number) {
    this.warehouse = warehouse;
    this.#folder = folder;
    this.#nowMs = nowMs;
  }

  static async open(nowMs: number): Promise<RecountedWarehouse> {
    const folder = mkdtempSync(join(tmpdir(), "nexus-analytics-"));
    const warehouse = Warehouse.open("chdb", folder);
    await warehouse.migrate();
    return new RecountedWarehouse(warehouse, folder, nowMs);
  }

  /** Inserts events as the pipeline does, and computes what is derived from them. */
  async insert(events: readonly TestEvent[], receivedMs = this.#nowMs): Promise<void> {
    this.#inserts += 1;
    const lines = events.map((event) => lineOf(event, receivedMs));
    await this.warehouse.insert("events", lines, `test:${this.#inserts}`);
    await recomputeHours(this.warehouse, hoursOf(events), this.#nowMs);
  }

  /** Removes all events and what is derived from them. */
  async clear(): Promise<void> {
    for (const table of ["events", "hourly", "session_hours", "users"])
      await this.warehouse.command(`TRUNCATE TABLE ${table}`);
  }

  async close(): Promise<void> {
    await this.warehouse.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
