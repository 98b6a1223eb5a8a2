/** The terminal dashboard, rendered with ink. Rereads the database and never writes to it. */

import { Box, render, Text, useApp, useInput, useWindowSize } from "ink";
import { createElement as h, type ReactNode, useEffect, useState } from "react";
import type { TelemetryReader } from "../../server/worker/reader.ts";
import { textOf } from "../../shared/protocol/message.ts";
import type { Period, Stats } from "../../shared/protocol/reports.ts";
import { countText, dateTimeText, durationText, percentText } from "../../shared/text/format.ts";
import { rankedLabel } from "../../shared/text/labels.ts";
import { pendingText } from "../../shared/text/sentences.ts";
import { terminalText } from "../../shared/text/terminal-text.ts";

import { sparkline } from "../output/terminal.ts";
import { type DashboardData, readDashboardData } from "./dashboard-data.ts";

/** Interval between two reads. Milliseconds. */
const refreshMs = 2_000;
/** Lists are side by side from this width on. Columns. */
const minWideColumns = 90;

/** The list that shrinks first in a narrow terminal. */
const shrinkingList = "Tools and agents";

const periods = [
  ["d", "today", "Today"],
  ["w", "week", "Last 7 Days"],
  ["m", "month", "Last 30 Days"],
  ["y", "year", "Last 12 Months"],
] as const;

const titleOf = (period: Period): string => periods.find(([, name]) => name === period)?.[2] ?? "";

/** Shows the dashboard. Resolves when the user quits. */
export async function showDashboard(reader: TelemetryReader): Promise<void> {
  // Ink cannot overwrite lines that the terminal wrapped when it became narrower.
  const clear = () => process.stdout.write("\u001b[2J\u001b[H");
  process.stdout.prependListener("resize", clear);
  const { waitUntilExit } = render(h(Page, { reader }), { exitOnCtrlC: true, alternateScreen: true });
  await waitUntilExit();
  process.stdout.off("resize", clear);
}

function Page({ reader }: { readonly reader: TelemetryReader }): ReactNode {
  const { exit } = useApp();
  const { columns } = useWindowSize();
  const [period, setPeriod] = useState<Period>("today");
  const [data, setData] = useState<DashboardData | string>("Loading…");

  useEffect(() => {
    const refresh = () => {
      try {
        setData(readDashboardData(reader, period));
      } catch (error) {
        setData(reader.explain(error));
      }
    };
    refresh();
    const timer = setInterval(refresh, refreshMs);
    return () => clearInterval(timer);
  }, [reader, period]);

  useInput((input, key) => {
    if (input === "q" || key.escape) exit();
    const selected = periods.find(([letter]) => letter === input);
    if (selected !== undefined) setPeriod(selected[1]);
    const index = periods.findIndex(([, name]) => name === period);
    const step = key.rightArrow || (key.tab && !key.shift) ? 1 : key.leftArrow || key.tab ? -1 : 0;
    const next = step === 0 ? undefined : periods[(index + step + periods.length) % periods.length];
    if (next !== undefined) setPeriod(next[1]);
  });

  return h(
    Box,
    { flexDirection: "column", paddingX: 1, width: "100%", overflow: "hidden" },
    h(Text, { bold: true }, `Nexus Telemetry · ${titleOf(period)}`),
    typeof data === "string" ? h(Text, null, terminalText(data)) : h(Panels, { data, columns }),
    h(Text, { dimColor: true }, "d today · w week · m month · y year · ←→ change period · q quit"),
  );
}

function Panels({ data, columns }: { readonly data: DashboardData; readonly columns: number }): ReactNode {
  const { stats, mode, notes, slowest, failing, insights, sharing } = data;
  const lists = [
    list("Slowest (median)", slowest, ({ name, medianMs }) => [name, durationText(medianMs ?? 0)]),
    list("Failing", failing, ({ name, failed, count }) => [name, `${failed} of ${count}`]),
    list(shrinkingList, stats.topTools.slice(0, 5), (row) => [
      rankedLabel(row),
      `${row.count}${row.failed > 0 ? `, ${row.failed} failed` : ""}`,
    ]),
  ];
  return h(
    Box,
    { flexDirection: "column", gap: 1 },
    h(
      Box,
      { flexDirection: "column" },
      h(Text, null, mode),
      ...notes.map((text) => h(Text, { key: text, color: "yellow" }, terminalText(text))),
    ),
    h(Activity, { stats }),
    h(Box, { flexDirection: columns >= minWideColumns ? "row" : "column", columnGap: 4, rowGap: 1 }, ...lists),
    insights.length === 0
      ? null
      : h(
          Box,
          { flexDirection: "column" },
          h(Text, { bold: true }, "Insights"),
          ...insights.map((text) => h(Text, { key: text }, `· ${text}`)),
        ),
    sharing === null
      ? null
      : h(
          Text,
          null,
          terminalText(
            `Sync with ${sharing.destination ?? "no destination"}: ${sharing.paused === null ? `${pendingText(sharing.pending)} pending, last sent ${dateTimeText(sharing.syncedMs)}` : textOf(sharing.paused)}`,
          ),
        ),
  );
}

function Activity({ stats }: { readonly stats: Stats }): ReactNode {
  const { commands, sessions, failed, successRate, durations, activity, unit } = stats;
  if (commands === 0) return h(Text, null, "No commands in this period.");
  const bars = sparkline(activity.map((bar) => bar.succeeded + bar.failed + bar.other));
  return h(
    Box,
    { flexDirection: "column" },
    h(
      Text,
      null,
      `${countText(commands, "command")} in ${countText(sessions, "session")}, ${failed} failed, success ${percentText(successRate)}`,
    ),
    durations === null
      ? null
      : h(Text, null, `Median ${durationText(durations.medianMs)}, 95th percentile ${durationText(durations.p95Ms)}`),
    h(Text, { color: "cyan" }, `${bars} per ${unit}`),
  );
}

function list(
  title: string,
  rows: Stats["topCommands"],
  cells: (row: Stats["topCommands"][number]) => readonly [string, string],
): ReactNode {
  const lines = rows.map(cells);
  const maxWidth = Math.max(0, ...lines.map(([name]) => name.length));
  return h(
    Box,
    { key: title, flexDirection: "column", flexShrink: title === shrinkingList ? 1 : 0 },
    h(Text, { bold: true }, title),
    ...(lines.length === 0 ? [h(Text, { key: "none", dimColor: true }, "none")] : []),
    ...lines.map(([name, value]) => h(Text, { key: name, wrap: "truncate" }, `${name.padEnd(maxWidth)}  ${value}`)),
  );
}
