/** Squares of a chart, more opaque for more. Each opens what it counts; arrow keys move between them. */
import { svg } from "lit-html";
import { countText } from "../../shared/text/format.ts";
import { takeTabStop } from "./bars.ts";

/** Opacity steps, as a share of the busiest square. */
const steps = [0.25, 0.5, 0.75, 1] as const;

/** Returns how opaque a square is; 0 for none. */
export const opacityOf = (count: number, max: number): number =>
  count === 0 ? 0 : (steps.find((step) => count <= step * max) ?? 1);

export const activityText = (count: number): string =>
  countText(count, "command or tool call", "commands and tool calls");

export interface Square {
  readonly at: number;
  readonly label: string;
  readonly count: number;
  /** The count of the busiest. */
  readonly max: number;
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly isTabStop: boolean;
  /** How many squares an arrow key to the right and down moves. */
  readonly right: number;
  readonly down: number;
  readonly open: () => void;
}

export function square({ at, label, count, max, x, y, size, isTabStop, right, down, open }: Square) {
  const name = `${label}: ${activityText(count)}`;
  const moves: Readonly<Record<string, number>> = {
    ArrowRight: right,
    ArrowLeft: -right,
    ArrowDown: down,
    ArrowUp: -down,
  };
  const onKey = (event: KeyboardEvent) => {
    const move = moves[event.key];
    const isOpening = event.key === "Enter" || event.key === " ";
    if (!isOpening && move === undefined) return;
    event.preventDefault();
    if (move === undefined) return open();
    const squares = (event.currentTarget as Element).parentElement?.querySelectorAll<SVGElement>("[data-at]");
    squares?.[at + move]?.focus();
  };
  return svg`<rect role="button" tabindex=${isTabStop ? 0 : -1} data-at=${at} aria-label=${name} @focus=${takeTabStop} @keydown=${onKey} @click=${open}
    class=${count === 0 ? "none" : "some"} fill-opacity=${count === 0 ? 1 : opacityOf(count, max)}
    x=${x} y=${y} width=${size} height=${size} rx="2"
  ><title>${name}</title></rect>`;
}
