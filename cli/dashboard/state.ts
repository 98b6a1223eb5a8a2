/** What the terminal dashboard shows, and how keys change it. */
import type { Filters, Grouping } from "../../shared/protocol/query.ts";
import type { Period } from "../../shared/protocol/reports.ts";

export const periods = [
  { key: "d", period: "today", title: "Today" },
  { key: "w", period: "week", title: "Last 7 Days" },
  { key: "m", period: "month", title: "Last 30 Days" },
  { key: "y", period: "year", title: "Last 12 Months" },
] as const;

export const views = ["Commands", "Agents", "Models", "Workspaces", "Sessions", "Insights"] as const;
export type View = (typeof views)[number];

/** The grouping of a view that is a table of groups. */
export const groupingOf: Readonly<Partial<Record<View, Grouping>>> = {
  Commands: "command",
  Agents: "agent",
  Models: "model",
  Workspaces: "workspace",
};

/** Orders of the table of a view, the first one to begin with. */
export const sortsOf: Readonly<Partial<Record<View, readonly string[]>>> = {
  Commands: ["waiting", "runs", "failed", "p95"],
  Agents: ["calls", "failed", "cost"],
  Models: ["cost", "tokens"],
  Workspaces: ["waiting", "runs", "cost"],
};

export interface State {
  readonly period: Period;
  readonly view: View;
  /** Index into the orders of the view. */
  readonly sort: number;
  readonly filters: Filters;
  /** Rows above the first that is shown. */
  readonly scroll: number;
  readonly isHelp: boolean;
}

export const firstState: State = { period: "week", view: "Commands", sort: 0, filters: {}, scroll: 0, isHelp: false };

/** A key: a character, or the name of another key. */
export type Key = string;

/** What the next filter can be: in the order of the keys. */
export interface Choices {
  readonly agent: readonly string[];
  readonly source: readonly string[];
  /** The workspace around the current folder, as its hashes. */
  readonly workspace: readonly string[];
}

export const keyHelp: readonly (readonly [keys: string, meaning: string])[] = [
  ["d w m y", "today, 7 days, 30 days, 12 months"],
  ["1 to 6, Tab, ← →", "choose a view"],
  ["↑ ↓, Page Up, Page Down", "scroll"],
  ["s", "next order"],
  ["a", "next agent as the filter, then all"],
  ["o", "next source as the filter, then all"],
  ["t", "only this workspace, or all"],
  ["x", "no filter"],
  ["?", "these keys"],
  ["q, Escape", "quit"],
];

/** Returns the state after a key. `page`: the number of rows on the screen. */
export function afterKey(state: State, key: Key, choices: Choices, page: number): State {
  if (state.isHelp || key === "?") return { ...state, isHelp: !state.isHelp };
  const top = { ...state, scroll: 0 };
  const period = periods.find((one) => one.key === key);
  if (period !== undefined) return { ...top, period: period.period };
  const view = views[Number(key) - 1];
  if (view !== undefined) return { ...top, view, sort: 0 };
  switch (key) {
    case "tab":
    case "right":
      return { ...top, view: stepIn(views, state.view, 1), sort: 0 };
    case "left":
      return { ...top, view: stepIn(views, state.view, -1), sort: 0 };
    case "down":
    case "j":
      return { ...state, scroll: state.scroll + 1 };
    case "up":
    case "k":
      return { ...state, scroll: Math.max(0, state.scroll - 1) };
    case "pagedown":
      return { ...state, scroll: state.scroll + page };
    case "pageup":
      return { ...state, scroll: Math.max(0, state.scroll - page) };
    case "s":
      return { ...top, sort: (state.sort + 1) % Math.max(1, sortsOf[state.view]?.length ?? 1) };
    case "a":
      return { ...top, filters: withNext(state.filters, "agent", choices.agent) };
    case "o":
      return { ...top, filters: withNext(state.filters, "source", choices.source) };
    case "t":
      return { ...top, filters: withNext(state.filters, "workspace", choices.workspace) };
    case "x":
      return { ...top, filters: {} };
    default:
      return state;
  }
}

const stepIn = <T>(list: readonly T[], current: T, step: number): T =>
  list[(list.indexOf(current) + step + list.length) % list.length] ?? current;

/** The next value of a filter; after the last one none. */
function withNext(filters: Filters, name: keyof Choices, values: readonly string[]): Filters {
  const { [name]: current, ...rest } = filters;
  const next = values[current === undefined ? 0 : values.indexOf(current) + 1];
  return next === undefined ? rest : { ...rest, [name]: next };
}
