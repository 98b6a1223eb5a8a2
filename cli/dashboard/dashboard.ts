/** The terminal dashboard, rendered with ink. Rereads the database and never writes to it. */
import { Box, render, Text, useApp, useInput, useWindowSize } from "ink";
import { createElement as h, type ReactNode, useEffect, useState } from "react";
import type { TelemetryReader } from "../../server/worker/reader.ts";
import type { Filters } from "../../shared/protocol/query.ts";
import { terminalText } from "../../shared/text/terminal-text.ts";
import { fitting } from "../output/table.ts";
import { sparkline } from "../output/terminal.ts";
import { type DashboardData, readChoices, readDashboardData } from "./dashboard-data.ts";
import { afterKey, type Choices, firstState, type Key, keyHelp, periods, type State, sortsOf, views } from "./state.ts";

/** Interval between two looks at the database. Milliseconds. */
const refreshMs = 2_000;
/** Without new events, what depends on the time is still read again. Milliseconds. */
const rereadMs = 60_000;
/** Lines above and below the rows, without notes and headlines. */
const fixedLines = 8;
/** Least number of rows, also in a very low terminal. */
const minRows = 3;

/** Shows the dashboard. Resolves when the user quits. */
export async function showDashboard(reader: TelemetryReader): Promise<void> {
  // Ink cannot overwrite lines that the terminal wrapped when it became narrower.
  const clear = () => process.stdout.write("\u001b[2J\u001b[H");
  process.stdout.prependListener("resize", clear);
  const { waitUntilExit } = render(h(Page, { reader }), { exitOnCtrlC: true, alternateScreen: true });
  await waitUntilExit();
  process.stdout.off("resize", clear);
}

const noChoices: Choices = { agent: [], source: [], workspace: [] };

function Page({ reader }: { readonly reader: TelemetryReader }): ReactNode {
  const { exit } = useApp();
  const { columns, rows: lines } = useWindowSize();
  const [state, setState] = useState<State>(firstState);
  const { period, view, sort, filters } = state;
  const data = useFresh(reader, () => readDashboardData(reader, state), [period, view, sort, filters]);
  const found = useFresh(reader, () => readChoices(reader), []);
  const choices = typeof found === "string" ? noChoices : found;

  const page = pageOf(data, lines);
  useInput((input, key) => {
    const last = Math.max(0, (typeof data === "string" ? 0 : data.rows.length) - page);
    // Keys that were typed fast arrive together.
    const names = keyNames(input, key);
    setState((current) =>
      names.reduce((before, name) => {
        const next = afterKey(before, name, choices, page);
        return { ...next, scroll: Math.min(next.scroll, last) };
      }, current),
    );
    if (names.includes("q") || (names.includes("escape") && !state.isHelp)) exit();
  });

  const { title } = periods.find((one) => one.period === period) ?? periods[0];
  return h(
    Box,
    { flexDirection: "column", paddingX: 1, width: "100%", height: lines, overflow: "hidden" },
    h(Text, { bold: true, wrap: "truncate" }, `Nexus Telemetry · ${title}${filterText(filters)}`),
    state.isHelp
      ? h(Help)
      : typeof data === "string"
        ? h(Text, null, terminalText(data))
        : h(Panels, { data, state, columns: columns - 2, page }),
    h(Box, { flexGrow: 1 }),
    h(
      Text,
      { dimColor: true, wrap: "truncate" },
      "q quit · ? keys · d w m y period · Tab view · ↑↓ scroll · s order · a agent",
    ),
  );
}

/** Returns what `read` returns, or text: until then, and for an error. Reads again when events were stored or `dependencies` change. */
function useFresh<T>(reader: TelemetryReader, read: () => T, dependencies: readonly unknown[]): T | string {
  const [found, setFound] = useState<T | string>("Loading …");
  // biome-ignore lint/correctness/useExhaustiveDependencies: `read` is another function each time; what it uses is in the list.
  useEffect(() => {
    let seen = -1;
    let readMs = 0;
    const refresh = () => {
      try {
        const key = reader.lastKey();
        if (key === seen && Date.now() - readMs < rereadMs) return;
        [seen, readMs] = [key, Date.now()];
        setFound(read());
      } catch (error) {
        setFound(reader.explain(error));
      }
    };
    refresh();
    const timer = setInterval(refresh, refreshMs);
    return () => clearInterval(timer);
  }, [reader, ...dependencies]);
  return found;
}

/** Rows that fit on the screen. */
function pageOf(data: DashboardData | string, lines: number): number {
  const more = typeof data === "string" ? 0 : data.notes.length + data.headlines.length;
  return Math.max(minRows, lines - fixedLines - more);
}

interface Keys {
  readonly escape: boolean;
  readonly tab: boolean;
  readonly shift: boolean;
  readonly leftArrow: boolean;
  readonly rightArrow: boolean;
  readonly upArrow: boolean;
  readonly downArrow: boolean;
  readonly pageUp: boolean;
  readonly pageDown: boolean;
}

function keyNames(input: string, key: Keys): readonly Key[] {
  if (key.escape) return ["escape"];
  if (key.tab) return [key.shift ? "left" : "tab"];
  if (key.leftArrow) return ["left"];
  if (key.rightArrow) return ["right"];
  if (key.upArrow) return ["up"];
  if (key.downArrow) return ["down"];
  if (key.pageUp) return ["pageup"];
  return key.pageDown ? ["pagedown"] : [...input];
}

const filterText = ({ agent, source, workspace }: Filters): string =>
  [agent, source, workspace === undefined ? undefined : "this workspace"]
    .filter((value) => value !== undefined)
    .map((value) => ` · ${value}`)
    .join("");

function Help(): ReactNode {
  const width = Math.max(...keyHelp.map(([keys]) => keys.length));
  return h(
    Box,
    { flexDirection: "column", marginTop: 1 },
    h(Text, { bold: true }, "Keys"),
    ...keyHelp.map(([keys, meaning]) => h(Text, { key: keys, wrap: "truncate" }, `${keys.padEnd(width)}  ${meaning}`)),
  );
}

interface PanelsProps {
  readonly data: DashboardData;
  readonly state: State;
  readonly columns: number;
  readonly page: number;
}

function Panels({ data, state, columns, page }: PanelsProps): ReactNode {
  const { mode, notes, headlines, activity } = data;
  const bars = sparkline(activity.values.slice(-columns));
  const nameWidth = Math.max(0, ...headlines.map(({ name }) => name.length)) + 2;
  return h(
    Box,
    { flexDirection: "column" },
    h(Text, { wrap: "truncate" }, mode),
    ...notes.map((text) => h(Text, { key: text, color: "yellow", wrap: "truncate" }, terminalText(text))),
    ...headlines.map(({ name, text }) =>
      h(Text, { key: name, wrap: "truncate" }, h(Text, { bold: true }, name.padEnd(nameWidth)), text),
    ),
    h(
      Text,
      { color: "cyan", wrap: "truncate" },
      bars.trim() === "" ? "No commands or tool calls in this period." : bars,
    ),
    h(
      Text,
      { dimColor: true, wrap: "truncate" },
      `${activity.title} · ${activity.scale} · changes: against the period before`,
    ),
    h(Tabs, { state, columns }),
    h(Rows, { data, state, columns, page }),
  );
}

/** With fewer columns the views have no number. */
const minColumnsWithNumbers = 74;

function Tabs({ state, columns }: { readonly state: State; readonly columns: number }): ReactNode {
  return h(
    Text,
    { wrap: "truncate" },
    ...views.map((view, n) =>
      h(
        Text,
        { key: view, inverse: view === state.view, dimColor: view !== state.view },
        columns < minColumnsWithNumbers ? ` ${view} ` : ` ${n + 1} ${view} `,
      ),
    ),
  );
}

function Rows({ data, state, columns, page }: PanelsProps): ReactNode {
  if (data.rows.length === 0) return h(Text, { dimColor: true }, data.emptyText);
  const { headings, rows } = fitting(data.headings, data.rows, data.ranks, columns);
  const widths = headings.map((heading, n) =>
    rows.reduce((max, row) => Math.max(max, row[n]?.length ?? 0), heading.length),
  );
  // Of sessions also the sources are text.
  const left = state.view === "Sessions" ? 2 : 1;
  const line = (cells: readonly string[]) =>
    cells.map((cell, n) => (n < left ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0))).join("  ");
  const shown = rows.slice(state.scroll, state.scroll + page);
  const order = sortsOf[state.view]?.[state.sort];
  const range = `${state.scroll + 1} to ${state.scroll + shown.length} of ${rows.length}${order === undefined ? "" : ` by ${order}`}`;
  return h(
    Box,
    { flexDirection: "column" },
    h(Text, { bold: true, wrap: "truncate" }, line(headings)),
    ...shown.map((row, n) => h(Text, { key: state.scroll + n, wrap: "truncate" }, terminalText(line(row)))),
    h(Text, { dimColor: true }, range),
  );
}
