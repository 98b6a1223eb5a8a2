/** The dashboard's page and its keys, drawn with ink. */
import { Box, render, Text, useApp, useInput, useWindowSize } from "ink";
import { createElement as h, type ReactNode, useEffect, useState } from "react";
import type { TelemetryReader } from "../../server/worker/reader.ts";
import type { Period, Stats } from "../../shared/protocol/reports.ts";
import { countText, durationText, pendingText } from "../../shared/text/format.ts";
import { rankedLabel } from "../../shared/text/labels.ts";
import { terminalText } from "../../shared/text/terminal-text.ts";
import { percentText, timeText } from "../output/print.ts";
import { sparkline } from "../output/terminal.ts";
import { type DashboardData, readDashboardData } from "./dashboard-data.ts";

/** How often it looks again. Milliseconds. */
const everyMs = 2_000;
/** Two lists stand beside each other from this width on. Columns. */
const wide = 90;

/** The list that gives way where the terminal is narrow. */
const lastList = "Tools and agents";

const periods = [
  ["d", "today", "Today"],
  ["w", "week", "Last 7 Days"],
  ["m", "month", "Last 30 Days"],
  ["y", "year", "Last 12 Months"],
] as const;

const titleOf = (period: Period): string => periods.find(([, name]) => name === period)?.[2] ?? "";

/** Resolves when the user ends it. */
export async function showDashboard(observer: TelemetryReader): Promise<void> {
  // What a narrower terminal has wrapped cannot be drawn over.
  const clear = () => process.stdout.write("\u001b[2J\u001b[H");
  process.stdout.prependListener("resize", clear);
  const { waitUntilExit } = render(h(Page, { observer }), { exitOnCtrlC: true, alternateScreen: true });
  await waitUntilExit();
  process.stdout.off("resize", clear);
}

function Page({ observer }: { readonly observer: TelemetryReader }): ReactNode {
  const { exit } = useApp();
  const { columns } = useWindowSize();
  const [period, choose] = useState<Period>("today");
  const [reading, setReading] = useState<DashboardData | string>("Reading…");

  useEffect(() => {
    const refresh = () => {
      try {
        setReading(readDashboardData(observer, period));
      } catch (error) {
        setReading(observer.explain(error));
      }
    };
    refresh();
    const timer = setInterval(refresh, everyMs);
    return () => clearInterval(timer);
  }, [observer, period]);

  useInput((input, key) => {
    if (input === "q" || key.escape) exit();
    const chosen = periods.find(([letter]) => letter === input);
    if (chosen !== undefined) choose(chosen[1]);
    const at = periods.findIndex(([, name]) => name === period);
    const step = key.rightArrow || (key.tab && !key.shift) ? 1 : key.leftArrow || key.tab ? -1 : 0;
    const next = step === 0 ? undefined : periods[(at + step + periods.length) % periods.length];
    if (next !== undefined) choose(next[1]);
  });

  return h(
    Box,
    { flexDirection: "column", paddingX: 1, width: "100%", overflow: "hidden" },
    h(Text, { bold: true }, `Nexus Telemetry · ${titleOf(period)}`),
    typeof reading === "string" ? h(Text, null, terminalText(reading)) : h(Numbers, { reading, columns }),
    h(Text, { dimColor: true }, "d today · w week · m month · y year · ←→ change · q quit"),
  );
}

function Numbers({ reading, columns }: { readonly reading: DashboardData; readonly columns: number }): ReactNode {
  const { stats, mode, notes, slowest, failing, insights, sharing } = reading;
  const lists = [
    list("Slowest (median)", slowest, ({ name, medianMs }) => [name, durationText(medianMs ?? 0)]),
    list("Failing", failing, ({ name, failed, count }) => [name, `${failed} of ${count}`]),
    list(lastList, stats.topTools.slice(0, 5), (row) => [
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
    h(Box, { flexDirection: columns >= wide ? "row" : "column", columnGap: 4, rowGap: 1 }, ...lists),
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
            `Sync with ${sharing.destination ?? "nobody"}: ${sharing.paused ?? `${pendingText(sharing.pending)} pending, last sent ${timeText(sharing.syncedMs)}`}`,
          ),
        ),
  );
}

function Activity({ stats }: { readonly stats: Stats }): ReactNode {
  const { commands, sessions, failed, successRate, durations, activity, unit } = stats;
  if (commands === 0) return h(Text, null, "No command has been recorded in this period.");
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
      : h(Text, null, `Median ${durationText(durations.medianMs)}, 95 % up to ${durationText(durations.p95Ms)}`),
    h(Text, { color: "cyan" }, `${bars} by ${unit}`),
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
    { key: title, flexDirection: "column", flexShrink: title === lastList ? 1 : 0 },
    h(Text, { bold: true }, title),
    ...(lines.length === 0 ? [h(Text, { key: "none", dimColor: true }, "nothing")] : []),
    ...lines.map(([name, value]) => h(Text, { key: name, wrap: "truncate" }, `${name.padEnd(maxWidth)}  ${value}`)),
  );
}
