/** Names with their values, one below the other. */
import { html, type TemplateResult } from "lit";

export function definitionList(facts: readonly (readonly [string, unknown])[]): TemplateResult {
  return html`<dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

export const pathView = (text: string): TemplateResult => html`<span class="path">${text}</span>`;

export const listView = (lines: readonly string[], none: string): unknown =>
  lines.length === 0 ? none : html`${lines.map((line) => html`<div>${line}</div>`)}`;

/** `null`: never. */
export const timeText = (ms: number | null): string => (ms === null ? "never" : new Date(ms).toLocaleString());
