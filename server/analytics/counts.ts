/** Counts and total durations of what ended, without sketches, which cost most. */
import type { Connection } from "../store/driver/driver.ts";
import { type GrainRange, readRanges } from "../store/rollups/reader.ts";
import type { TerminalRollup } from "./aggregate.ts";
import { endedCondition } from "./classify.ts";

export function countsIn(connection: Connection, ranges: readonly GrainRange[]): readonly TerminalRollup[] {
  const rows = readRanges(
    connection,
    ranges,
    (from) =>
      `SELECT d.event_type, d.source, d.tool_name, d.tool_phase, d.status, d.outcome_of, total(m.count) count,
         total(m.duration_count) duration_count, total(m.duration_sum) duration_sum
       FROM ${from} m JOIN dimensions d ON d.id = m.dimensions WHERE ${endedCondition} GROUP BY 1, 2, 3, 4, 5, 6`,
  );
  return rows.map((row) => ({ row, sketch: undefined }));
}
