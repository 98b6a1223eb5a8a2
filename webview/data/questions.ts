/** The questions of the views about the current period and filters. */
import type { QuestionOf } from "../../shared/protocol/page-question.ts";
import {
  type FilterName,
  type Filters,
  filterNames,
  filterText,
  filterValues,
  type Grouping,
} from "../../shared/protocol/query.ts";
import type { Question } from "../../shared/protocol/questions.ts";
import type { PeriodSelection } from "../../shared/protocol/reports.ts";
import { dayText } from "../../shared/text/format.ts";
import type { ViewState } from "../state.ts";
import type { Subject, View } from "../view.ts";
import { firstDay } from "./periods.ts";

export const questionOf = ({ period, filters }: View, more: Partial<Question> = {}): Question => ({
  period,
  by: null,
  filters,
  compare: null,
  ...more,
});

export const figures = (view: View, more: Partial<Question> = {}): QuestionOf<"figures"> => ({
  kind: "figures",
  params: questionOf(view, more),
});

/** Compared with the period that the user chose. */
export const compared = (view: View, by: Question["by"]): QuestionOf<"figures"> =>
  figures(view, { by, compare: view.compare });

/** A rate is high if it is above what was usual in so many days before. */
const usualDays = 90;

/** The same in the 90 days before the period: what was usual. */
export function usual({ view, state }: Pick<ViewState, "view" | "state">, by: Question["by"]): QuestionOf<"figures"> {
  // The browser may be in another time zone.
  const first = firstDay(view.period, state?.today ?? dayText(Date.now()));
  const before = (days: number) =>
    dayText(new Date(first.getFullYear(), first.getMonth(), first.getDate() - days, 12).getTime());
  return figures(view, { period: { period: "custom", from: before(usualDays), to: before(1) }, by });
}

/** Returns the filter that a group of a grouping is; `undefined` if it is none. */
export function filterOf(by: Grouping): FilterName | undefined {
  return by === "program" ? "command" : filterNames.find((name) => name === by);
}

/** Returns the view of a subject: its filters added to those of the view, and its days. */
export function viewOf(view: View, { by, key, period = view.period, filters = {} }: Subject): View {
  const own = Object.entries(filters) as [FilterName, string][];
  const name = filterOf(by);
  // A row of a command counts this command only, a row of a program all of its commands.
  const value = by === "command" ? `=${key}` : key;
  const added: readonly (readonly [FilterName, string])[] =
    name === undefined || key === "" ? own : [...own, [name, value]];
  return { ...view, period, filters: added.reduce((all, [one, text]) => limited(all, one, text), view.filters) };
}

/** Adds a value to a filter, so that both must match. */
export function limited(filters: Filters, name: FilterName, value: string): Filters {
  const { included, excluded } = filterValues(filters[name] ?? "");
  const isWithin = (inner: string, outer: string) =>
    inner === outer ||
    (name === "command" && !outer.startsWith("=") && inner.replace(/^=/, "").startsWith(`${outer} `)) ||
    inner === `=${outer}`;
  const narrower = included.filter((one) => isWithin(one, value));
  const next = included.length === 0 || included.some((one) => isWithin(value, one)) ? [value] : narrower;
  // Values that exclude each other match nothing.
  return { ...filters, [name]: filterText({ included: next.length === 0 ? [nothing] : next, excluded }) };
}

/** No value of any filter. */
const nothing = "(none)";

/** The days that an answer covers. Milliseconds since 1970. */
export interface Covered {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Returns the days from one group by time to another, both included, within an answer. */
export function daysWithin({ fromMs, toMs }: Covered, by: Grouping, first: string, last = first): PeriodSelection {
  const [from, to] = [daysOf(by, first), daysOf(by, last)];
  // An answer ends now, or at midnight after its last day.
  const [start, end] = [dayText(fromMs), dayText(Math.max(fromMs, toMs - 1))];
  return { period: "custom", from: from.from < start ? start : from.from, to: to.to > end ? end : to.to };
}

/** What a bar of an answer by time opens: its days; those of an hour are its day. */
export function timeSubject(answer: Covered & { readonly by: Grouping | null }, key: string): Subject {
  const by = answer.by ?? "day";
  if (by === "hour") return { by: "day", key: key.slice(0, 10), period: daysOf("day", key) };
  return { by, key, period: daysWithin(answer, by, key) };
}

type DayRange = Extract<PeriodSelection, { period: "custom" }>;

/** Returns the days of a group by time. */
export function daysOf(by: Grouping, key: string): DayRange {
  const from = key.slice(0, 10);
  const [year = 0, month = 1, day = 1] = from.split("-").map(Number);
  const noon = (add: number, months = 0) => dayText(new Date(year, month - 1 + months, day + add, 12).getTime());
  if (by === "month") return { period: "custom", from: `${from.slice(0, 7)}-01`, to: noon(-1, 1) };
  return { period: "custom", from, to: by === "week" ? noon(6) : from };
}

/** More exclusions do not fit into a filter. */
const maxExcluded = 50;

/** Leaves a value out of what a filter matches. */
export function excluding(filters: Filters, name: FilterName, value: string): Filters {
  const { included, excluded } = filterValues(filters[name] ?? "");
  const next = [...new Set([...excluded, value])].slice(-maxExcluded);
  return { ...filters, [name]: filterText({ included, excluded: next }) };
}

/** Filters without one. */
export function withoutFilter(filters: Filters, name: FilterName): Filters {
  const { [name]: _, ...others } = filters;
  return others;
}
