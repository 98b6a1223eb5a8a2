/** The slowest and the most often failing commands of a period, among all commands. */
import type { Ranked } from "../../shared/protocol/reports.ts";
import { Aggregate, byName, mostFrequent, terminalColumns, terminalRollup } from "./aggregate.ts";
import { endedCondition, isCommandRun } from "./classify.ts";
import type { OpenPeriodQuery } from "./period-query.ts";

export interface Rankings {
  /** By median duration. */
  readonly slowest: readonly Ranked[];
  /** By number of failures. */
  readonly failing: readonly Ranked[];
}

export const noRankings: Rankings = { slowest: [], failing: [] };

export function readRankings(open: OpenPeriodQuery, max: number): Rankings {
  const rows = open.rows(
    (from) =>
      `SELECT ${terminalColumns}
       FROM ${from} m JOIN dimensions d ON d.id = m.dimensions WHERE ${endedCondition}`,
  );
  const runs = rows.filter(isCommandRun).map(terminalRollup);
  const nameOf = (row: (typeof rows)[number]) =>
    typeof row["command_path"] === "string" ? row["command_path"] : undefined;
  const all = mostFrequent(byName(runs, nameOf)).map(({ name, count, ends }): Ranked => {
    const group = Aggregate.of(ends);
    return { name, source: null, count, failed: group.failed, medianMs: group.quantileMs(0.5), totalMs: group.totalMs };
  });
  return {
    slowest: all
      .filter(({ medianMs }) => medianMs !== null)
      .sort((a, b) => (b.medianMs ?? 0) - (a.medianMs ?? 0))
      .slice(0, max),
    failing: all
      .filter(({ failed }) => failed > 0)
      .sort((a, b) => b.failed - a.failed)
      .slice(0, max),
  };
}
