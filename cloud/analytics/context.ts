/** What every answer needs besides its question. */
import type { Warehouse } from "../warehouse/warehouse.ts";

export interface Context {
  readonly warehouse: Pick<Warehouse, "query">;
  readonly nowMs: number;
  /** Groups with fewer users are hidden; 1 hides nothing. */
  readonly minUsers: number;
}
