/** A list of names and values, and the texts of common values. */
import { html, type TemplateResult } from "lit-html";

export function definitionList(facts: readonly (readonly [string, unknown])[]): TemplateResult {
  return html`<dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

export const pathView = (text: string): TemplateResult => html`<span class="path">${text}</span>`;

export const listView = (lines: readonly string[], emptyText: string): unknown =>
  lines.length === 0 ? emptyText : html`${lines.map((line) => html`<div>${line}</div>`)}`;

/** Returns the local date and time; `null` is "never". */
export const timeText = (ms: number | null): string => (ms === null ? "never" : new Date(ms).toLocaleString());
