/** Reads the data that the terminal dashboard shows. */

import type { TelemetryReader } from "../../server/worker/reader.ts";
import { textOf } from "../../shared/protocol/message.ts";
import type { Period, Ranked, Stats } from "../../shared/protocol/reports.ts";
import type { SharingStatus } from "../../shared/protocol/worker.ts";
import { insightCards, insightText } from "../../shared/text/insights.ts";
import { modeMessage, refusalMessage } from "../../shared/text/sentences.ts";

export interface DashboardData {
  readonly mode: string;
  readonly notes: readonly string[];
  readonly stats: Stats;
  readonly slowest: readonly Ranked[];
  readonly failing: readonly Ranked[];
  readonly insights: readonly string[];
  readonly sharing: SharingStatus | null;
}

const maxRows = 5;

export function readDashboardData(reader: TelemetryReader, period: Period): DashboardData {
  const status = reader.status();
  const stats = reader.stats({ period });
  const { permission, problem } = status;
  return {
    mode: permission === null ? "Mode unknown: see the problem below." : textOf(modeMessage(permission)),
    notes: [
      ...(permission?.refusals.map((refusal) => textOf(refusalMessage(refusal))) ?? []),
      ...(problem === null ? [] : [textOf(problem.message)]),
    ],
    stats,
    ...reader.rankings({ period }, maxRows),
    insights: insightCards(reader.insights({ period: period === "today" ? "week" : period }).insights)
      .slice(0, 3)
      .map(({ main }) => textOf(insightText(main).sentence)),
    sharing: permission?.mode === "share" ? status.sharing : null,
  };
}
