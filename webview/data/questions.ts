/** The questions of the views about the current period and filters. */
import type { QuestionOf } from "../../shared/protocol/page-question.ts";
import {
  type FilterName,
  type Filters,
  filterNames,
  filterValues,
  type Grouping,
} from "../../shared/protocol/query.ts";
import type { Question } from "../../shared/protocol/questions.ts";
import type { PeriodSelection } from "../../shared/protocol/reports.ts";
import { dayMs } from "../../shared/schema/durations.ts";
import { dayText } from "../../shared/text/format.ts";
import type { Subject, View } from "../view.ts";

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

/** The same in the 90 days before a time: what was usual. Milliseconds since 1970. */
export function usual(view: View, fromMs: number, by: Question["by"]): QuestionOf<"figures"> {
  const period: PeriodSelection = {
    period: "custom",
    from: dayText(fromMs - usualDays * dayMs),
    to: dayText(fromMs - dayMs / 2),
  };
  return figures(view, { period, by });
}

/** Groupings whose groups are days, or longer. */
const dayGroupings: Readonly<Partial<Record<Grouping, number>>> = { day: 1, week: 7, month: 31 };

/** Returns the filter that a group of a grouping is; `undefined` if it is none. */
export function filterOf(by: Grouping): FilterName | undefined {
  return by === "program" ? "command" : filterNames.find((name) => name === by);
}

/** Returns the view of a subject: its filters, or its days. */
export function viewOf(view: View, { by, key }: Subject): View {
  const name = filterOf(by);
  if (name !== undefined && key !== "") return { ...view, filters: { ...view.filters, [name]: key } };
  return dayGroupings[by] !== undefined || by === "hour" ? { ...view, period: daysOf(by, key) } : view;
}

/** Returns the days of a group by time. */
export function daysOf(by: Grouping, key: string): PeriodSelection {
  const from = key.slice(0, 10);
  const [year = 0, month = 1, day = 1] = from.split("-").map(Number);
  const noon = (add: number, months = 0) => dayText(new Date(year, month - 1 + months, day + add, 12).getTime());
  if (by === "month") return { period: "custom", from: `${from.slice(0, 7)}-01`, to: noon(-1, 1) };
  return { period: "custom", from, to: by === "week" ? noon(6) : from };
}

/** Returns the days from one group by time to another, both included. */
export function rangeOf(by: Grouping, first: string, last: string): PeriodSelection {
  const [from, to] = [daysOf(by, first), daysOf(by, last)];
  const today = dayText(Date.now());
  const end = to.period === "custom" ? to.to : today;
  return { period: "custom", from: from.period === "custom" ? from.from : today, to: end > today ? today : end };
}

/** Adds a value to a filter, to limit to it or to exclude it. */
export function withFilter(filters: Filters, name: FilterName, key: string, isExcluded: boolean): Filters {
  const before = filters[name];
  const known = before === undefined ? undefined : filterValues(before);
  if (!isExcluded) return { ...filters, [name]: key };
  const values = known?.isExcluded === true ? known.values : [];
  return { ...filters, [name]: `!${[...new Set([...values, key])].join(",")}` };
}

/** Filters without one. */
export function withoutFilter(filters: Filters, name: FilterName): Filters {
  const { [name]: _, ...others } = filters;
  return others;
}
