/** Figures with what one needs to judge them: the interval of a rate, the change and its meaning. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Ended } from "../../shared/protocol/query.ts";
import { durationText, numberText, percentText } from "../../shared/text/format.ts";
import { type Change, isUnusual, minSample } from "../data/change.ts";

export const timeText = (ms: number | null): string => (ms === null ? "–" : durationText(ms));

/** A share below 10% has a decimal. */
export const rateText = (rate: number): string => percentText(rate, rate > 0 && rate < 0.0995 ? 1 : 0);

/** "▲ 12%" in the colour of its meaning. */
export function changeView({ text, spoken, meaning }: Change): TemplateResult | typeof nothing {
  if (text === "") return nothing;
  return html`<span class="change ${meaning}"><span aria-hidden="true">${text}</span><span class="hidden">${spoken}</span></span>`;
}

/** The failure rate with its interval; marked if it is clearly above what was usual. */
export function failureView(ended: Ended, usual?: Ended): unknown {
  const { failure, failed } = ended;
  if (failure === null) return "–";
  const { rate, low, high, sample } = failure;
  const isMarked = isUnusual(ended, usual);
  const about = `${numberText(failed)} of ${numberText(sample)}${isMarked ? ", more than in the 90 days before" : ""}`;
  return html`<span class=${isMarked ? "failing" : ""} title=${about}>${rateText(rate)}</span>${sample < minSample ? nothing : html` <span class="interval-text">${rateText(low)}–${rateText(high)}</span>`}${isMarked ? html`<span class="hidden"> more than usual</span>` : nothing}`;
}
