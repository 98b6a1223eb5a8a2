/** A year of days: one column per week, one square per day, which opens the day. */
import { html, svg, type TemplateResult } from "lit-html";
import { countText } from "../../shared/text/format.ts";
import { timeLabel } from "../data/names.ts";
import { takeTabStop } from "./bars.ts";
import { opacityOf } from "./weekly-heatmap.ts";

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
    ${days.map((day, at) => square(day, at, max, left + column(at) * cell, days.length, open))}
  </svg></div>`;
}

function square(
  { key, count }: CalendarDay,
  at: number,
  max: number,
  x: number,
  total: number,
  open: (key: string) => void,
) {
  const name = `${timeLabel("day", key)}: ${countText(count, "command or tool call", "commands and tool calls")}`;
  const move = (event: KeyboardEvent) => {
    const steps: Readonly<Record<string, number>> = { ArrowRight: 7, ArrowLeft: -7, ArrowDown: 1, ArrowUp: -1 };
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      open(key);
    }
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const squares = (event.currentTarget as Element).parentElement?.querySelectorAll<SVGElement>("[data-at]");
    squares?.[Math.min(total - 1, Math.max(0, at + step))]?.focus();
  };
  return svg`<rect role="button" tabindex=${at === total - 1 ? 0 : -1} data-at=${at} aria-label=${name} @focus=${takeTabStop} @keydown=${move} @click=${() => open(key)}
    class=${count === 0 ? "none" : "some"} fill-opacity=${count === 0 ? 1 : opacityOf(count, max)}
    x=${x + 1} y=${top + weekdayOf(key) * cell + 1} width=${cell - 2} height=${cell - 2} rx="2"
  ><title>${name}</title></rect>`;
}
