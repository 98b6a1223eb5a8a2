/** What the dashboard shows, read anew each time. */
import type { TelemetryReader } from "../../server/worker/reader.ts";
import type { Period, Stats } from "../../shared/protocol/reports.ts";
import type { SharingStatus } from "../../shared/protocol/worker.ts";
import { modeSentence, refusalSentence } from "../../shared/text/format.ts";
import { insightText } from "../../shared/text/insights.ts";

export interface DashboardData {
  readonly mode: string;
  readonly notes: readonly string[];
  readonly stats: Stats;
  readonly slowest: Stats["topCommands"];
  readonly failing: Stats["topCommands"];
  readonly insights: readonly string[];
  readonly sharing: SharingStatus | null;
}

const rows = 5;

export function readDashboardData(observer: TelemetryReader, period: Period): DashboardData {
  const status = observer.status();
  const stats = observer.stats({ period });
  const { permission, problem } = status;
  return {
    mode: permission === null ? "It cannot be known whether recording is on." : modeSentence(permission),
    notes: [...(permission?.refusals.map(refusalSentence) ?? []), ...(problem === null ? [] : [problem.text])],
    stats,
    slowest: [...stats.topCommands]
      .filter(({ medianMs }) => medianMs !== null)
      .sort((a, b) => (b.medianMs ?? 0) - (a.medianMs ?? 0))
      .slice(0, rows),
    failing: stats.topCommands
      .filter(({ failed }) => failed > 0)
      .sort((a, b) => b.failed - a.failed)
      .slice(0, rows),
    insights: observer
      .insights({ period: period === "today" ? "week" : period })
      .insights.slice(0, 3)
      .map((one) => insightText(one).sentence),
    sharing: permission?.mode === "share" ? status.sharing : null,
  };
}
