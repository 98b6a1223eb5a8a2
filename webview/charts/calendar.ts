/** A year of days: one column per week, one square per day, which opens the day. */
import { html, svg, type TemplateResult } from "lit-html";
import { countText } from "../../shared/text/format.ts";
import { timeLabel } from "../data/names.ts";
import { square } from "./squares.ts";

export interface CalendarDay {
  /** As 2026-11-26. */
  readonly key: string;
  readonly count: number;
}

const cell = 14;
const left = 30;
const top = 16;
const dateOf = (key: string): Date => {
  const [year = 0, month = 1, day = 1] = key.split("-").map(Number);
  return new Date(year, month - 1, day);
};
/** 0 for Monday. */
const weekdayOf = (key: string): number => (dateOf(key).getDay() + 6) % 7;

/** `days`: in order and without gaps. */
export function calendar(days: readonly CalendarDay[], open: (key: string) => void): TemplateResult {
  const max = Math.max(0, ...days.map(({ count }) => count));
  const offset = weekdayOf(days[0]?.key ?? "");
  const weeks = Math.ceil((days.length + offset) / 7);
  const active = days.filter(({ count }) => count > 0).length;
  const months = days.filter(({ key }, at) => key.endsWith("-01") && at > 7);
  const column = (at: number) => Math.floor((at + offset) / 7);
  return html`<div class="scroll"><svg class="heatmap calendar" viewBox="0 0 ${left + weeks * cell} ${top + 7 * cell}" role="group" aria-label="${countText(active, "day")} with commands or tool calls">
    ${["Mon", "Wed", "Fri"].map((name, at) => svg`<text x="0" y=${top + 2 * at * cell + 11}>${name}</text>`)}
    ${months.map(({ key }) => svg`<text x=${left + column(days.findIndex((day) => day.key === key)) * cell} y="11">${dateOf(key).toLocaleDateString([], { month: "short" })}</text>`)}
    ${days.map(({ key, count }, at) =>
      square({
        at,
        label: timeLabel("day", key),
        count,
        max,
        x: left + column(at) * cell + 1,
        y: top + weekdayOf(key) * cell + 1,
        size: cell - 2,
        isTabStop: at === days.length - 1,
        right: 7,
        down: 1,
        open: () => open(key),
      }),
    )}
  </svg></div>`;
}
