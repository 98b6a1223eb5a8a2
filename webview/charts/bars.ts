/**
 * Stacked bars over time with axis and grid, as SVG, and a table of the same data. A bar opens what it counts; a range of bars can
 * be selected with the pointer, or with Shift and the arrow keys.
 */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import { topOf } from "./scale.ts";

export interface Series {
  readonly name: string;
  /** Its colour and pattern. */
  readonly className: string;
  readonly values: readonly number[];
}

export interface BarChart {
  readonly id: string;
  readonly title: string;
  /** What a bar is: "Day". */
  readonly unit: string;
  readonly labels: readonly string[];
  readonly series: readonly Series[];
  readonly kind: "count" | "duration" | "money";
  readonly text: (value: number) => string;
  /** Shaded bars, such as weekends. */
  readonly isShaded?: (index: number) => boolean;
  /** Labels that fit below it. */
  readonly maxLabels?: number;
  readonly onOpen?: (index: number) => void;
  readonly onRange?: (first: number, last: number) => void;
  /** The bars that are being selected. */
  readonly range?: readonly [number, number] | null;
  readonly setRange?: (range: readonly [number, number] | null) => void;
}

const width = 1_000;
const height = 200;
/** Labels below a chart, unless it is narrow. */
const defaultLabels = 7;

export function barChart(chart: BarChart): TemplateResult {
  const { title, unit, labels, series, kind, text } = chart;
  const totals = labels.map((_, at) => series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0));
  const highest = Math.max(0, ...totals);
  const top = topOf(highest, kind);
  return html`
    <div class="plot">
      <div class="ticks" aria-hidden="true">${[top, top / 2, 0].map((value) => html`<span>${text(value)}</span>`)}</div>
      ${plot(chart, totals, top)}
    </div>
    ${axis(labels, chart.maxLabels ?? defaultLabels)}
    <details class="data">
      <summary>Show as table</summary>
      <div class="scroll"><table>
        <caption class="hidden">${title}</caption>
        <thead><tr><th scope="col">${unit}</th>${series.map(({ name }) => html`<th class="number" scope="col">${name}</th>`)}</tr></thead>
        <tbody>${labels.map((label, at) => (totals[at] === 0 ? nothing : html`<tr><th scope="row">${label}</th>${series.map(({ values }) => html`<td class="number">${text(values[at] ?? 0)}</td>`)}</tr>`))}</tbody>
      </table></div>
    </details>
  `;
}

/** Labels below their bars. Percentages, because the chart is as wide as its panel. */
function axis(labels: readonly string[], maxLabels: number): TemplateResult {
  const every = Math.ceil(labels.length / maxLabels);
  const percent = (at: number) => `${((100 * at) / labels.length).toFixed(2)}%`;
  return html`<div class="plot" aria-hidden="true"><span></span><svg class="axis" height="16">
    ${labels.map((label, at) => {
      if (at % every !== 0) return "";
      if (at === 0 && labels.length > 1) return svg`<text x="0" y="12">${label}</text>`;
      const isLast = at === labels.length - 1 && labels.length > 1;
      return svg`<text x=${percent(isLast ? labels.length : at + 0.5)} y="12" text-anchor=${isLast ? "end" : "middle"}>${label}</text>`;
    })}
  </svg></div>`;
}

/** Above this width of a bar its neighbours have a gap. */
const gap = 0.18;

function plot(chart: BarChart, totals: readonly number[], top: number): TemplateResult {
  const { id, title, labels, range = null, onOpen } = chart;
  const slot = width / Math.max(1, labels.length);
  return html`<svg
    class="bars"
    id=${id}
    viewBox="0 0 ${width} ${height}"
    preserveAspectRatio="none"
    role="group"
    aria-label="${title}; data in the table below"
    @pointerdown=${(event: PointerEvent) => beginRange(event, chart)}
    @pointermove=${(event: PointerEvent) => moveRange(event, chart)}
    @pointerup=${(event: PointerEvent) => endRange(event, chart)}
    @pointercancel=${() => chart.setRange?.(null)}
  >
    <defs><pattern id="${id}-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch" width="6" height="6"></rect><line class="stripe" x1="0" y1="0" x2="0" y2="6"></line></pattern></defs>
    ${labels.map((_, at) => (chart.isShaded?.(at) === true ? svg`<rect class="shade" x=${at * slot} y="0" width=${slot} height=${height}></rect>` : ""))}
    ${[0, 0.5, 1].map((share) => svg`<line class="grid" x1="0" x2=${width} y1=${share * height} y2=${share * height}></line>`)}
    ${labels.map((label, at) => bar(chart, at, label, totals[at] ?? 0, top, slot, onOpen !== undefined))}
    ${range === null ? nothing : svg`<rect class="brush" x=${Math.min(...range) * slot} y="0" width=${(Math.abs(range[1] - range[0]) + 1) * slot} height=${height}></rect>`}
  </svg>`;
}

function bar(chart: BarChart, at: number, label: string, total: number, top: number, slot: number, isButton: boolean) {
  const { id, series, text } = chart;
  let y = height;
  const parts = series.map(({ className, values }) => {
    const size = ((values[at] ?? 0) / top) * height;
    y -= size;
    if (size === 0) return "";
    const fill = className === "bad" ? `url(#${id}-hatch)` : nothing;
    return svg`<rect class=${className} fill=${fill} x=${(at + gap / 2) * slot} y=${y} width=${slot * (1 - gap)} height=${size}></rect>`;
  });
  const detail = series
    .filter(({ values }) => (values[at] ?? 0) > 0)
    .map(({ name, values }) => `${name} ${text(values[at] ?? 0)}`)
    .join(", ");
  const name = `${label}: ${total === 0 ? "nothing" : series.length === 1 ? text(total) : detail}`;
  const area = svg`<rect class="area" x=${at * slot} y="0" width=${slot} height=${height}></rect>`;
  return isButton
    ? svg`<g role="button" tabindex=${at === chart.labels.length - 1 ? 0 : -1} aria-label=${name} data-at=${at} @focus=${takeTabStop} @keydown=${(event: KeyboardEvent) => moveBar(event, chart, at)}><title>${name}</title>${area}${parts}</g>`
    : svg`<g role="img" aria-label=${name}><title>${name}</title>${area}${parts}</g>`;
}

/** The shape that had the focus last is the one that Tab reaches. */
export function takeTabStop({ currentTarget }: FocusEvent): void {
  const shape = currentTarget as SVGElement;
  for (const other of shape.parentElement?.querySelectorAll('[data-at][tabindex="0"]') ?? [])
    other.setAttribute("tabindex", "-1");
  shape.setAttribute("tabindex", "0");
}

/** Arrow keys, Home and End move between bars; with Shift they select a range, which Enter opens. */
function moveBar(event: KeyboardEvent, chart: BarChart, at: number): void {
  const last = chart.labels.length - 1;
  const targets: Readonly<Record<string, number>> = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: last };
  const { range = null } = chart;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    if (range !== null && range[0] !== range[1]) finishRange(chart, range);
    else chart.onOpen?.(at);
    return;
  }
  if (event.key === "Escape" && range !== null) {
    event.stopPropagation();
    chart.setRange?.(null);
    return;
  }
  const target = targets[event.key];
  if (target === undefined || target < 0 || target > last) return;
  event.preventDefault();
  if (event.shiftKey && chart.onRange !== undefined) chart.setRange?.([range?.[0] ?? at, target]);
  else if (range !== null) chart.setRange?.(null);
  const bars = (event.currentTarget as Element).parentElement?.querySelectorAll<SVGElement>("[data-at]");
  bars?.[target]?.focus();
}

function indexAt(event: PointerEvent, { labels }: BarChart): number {
  const box = (event.currentTarget as Element).getBoundingClientRect();
  const at = Math.floor(((event.clientX - box.left) / Math.max(1, box.width)) * labels.length);
  return Math.min(labels.length - 1, Math.max(0, at));
}

function beginRange(event: PointerEvent, chart: BarChart): void {
  if (event.button !== 0 || chart.setRange === undefined) return;
  const at = indexAt(event, chart);
  (event.currentTarget as Element).setPointerCapture(event.pointerId);
  chart.setRange([at, at]);
}

function moveRange(event: PointerEvent, chart: BarChart): void {
  const { range = null } = chart;
  const isDragging = (event.buttons & 1) === 1;
  if (range === null || !isDragging) return;
  const at = indexAt(event, chart);
  if (at !== range[1]) chart.setRange?.([range[0], at]);
}

function endRange(event: PointerEvent, chart: BarChart): void {
  const { range = null } = chart;
  if (range === null) {
    if (chart.setRange === undefined && event.button === 0) chart.onOpen?.(indexAt(event, chart));
    return;
  }
  if (range[0] !== range[1] && chart.onRange !== undefined) finishRange(chart, range);
  else {
    chart.setRange?.(null);
    chart.onOpen?.(range[0]);
  }
}

function finishRange(chart: BarChart, range: readonly [number, number]): void {
  chart.setRange?.(null);
  chart.onRange?.(Math.min(...range), Math.max(...range));
}

/** The colours and patterns of a chart by name. */
export function legend(series: readonly Pick<Series, "name" | "className">[]): TemplateResult {
  return html`<div class="legend">${series.map(({ name, className }) => html`<span><svg viewBox="0 0 10 10" aria-hidden="true"><rect class=${className} width="10" height="10" rx="2"></rect>${className === "bad" ? svg`<line class="stripe" x1="0" y1="10" x2="10" y2="0"></line>` : nothing}</svg>${name}</span>`)}</div>`;
}
