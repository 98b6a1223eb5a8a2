/** What ended, counted and timed alone: without sketches, which cost most. */
import type { Connection } from "../store/driver/driver.ts";
import { type GrainRange, readRanges } from "../store/rollups/reader.ts";
import type { TerminalRollup } from "./aggregate.ts";
import { endedCondition } from "./classify.ts";

export function countsIn(connection: Connection, parts: readonly GrainRange[]): readonly TerminalRollup[] {
  const rows = readRanges(
    connection,
    parts,
    (from) =>
      `SELECT w.event_type, w.source, w.tool_name, w.tool_phase, w.status, total(m.count) count,
         total(m.duration_count) duration_count, total(m.duration_sum) duration_sum
       FROM ${from} m JOIN words w ON w.id = m.words WHERE ${endedCondition} GROUP BY 1, 2, 3, 4, 5`,
  );
  return rows.map((row) => ({ row, sketch: undefined }));
}
