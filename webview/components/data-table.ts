/** A table that can be sorted by each column and searched. Long ones show their first rows. */
import { html, nothing, type TemplateResult } from "lit-html";
import { countText, numberText } from "../../shared/text/format.ts";
import type { Actions, TableState, ViewState } from "../state.ts";

export interface Column<R> {
  readonly name: string;
  /** What the column means, as a tooltip. */
  readonly about?: string;
  readonly view: (row: R) => unknown;
  /** `null` comes last. Without it the column cannot be sorted. */
  readonly value?: (row: R) => number | string | null;
  /** Aligned left. */
  readonly isText?: boolean;
}

export interface DataTable<R> {
  readonly id: string;
  readonly caption: string;
  /** The first one names the row. */
  readonly columns: readonly Column<R>[];
  readonly rows: readonly R[];
  /** What a search looks at. Without it there is no search. */
  readonly text?: (row: R) => string;
  /** The column that the rows are sorted by, most first. */
  readonly sort: string;
  readonly empty: string;
  /** Rows before "Show more". */
  readonly size?: number;
}

const noTable: TableState = { sort: null, isDescending: true, search: "", shown: 0 };
const moreRows = 200;
/** A table with fewer rows needs no search. */
const minSearched = 8;

export function dataTable<R>(table: DataTable<R>, model: ViewState, actions: Actions): TemplateResult {
  const { id, caption, columns, rows, text, empty, size = 12 } = table;
  const state = model.tables[id] ?? noTable;
  const set = (part: Partial<TableState>) =>
    actions.setState({ tables: { ...model.tables, [id]: { ...state, ...part } } });
  if (rows.length === 0) return html`<p class="quiet">${empty}</p>`;
  const wanted = state.search.trim().toLowerCase();
  const found =
    wanted === "" || text === undefined ? rows : rows.filter((row) => text(row).toLowerCase().includes(wanted));
  const sort = columns.some(({ name }) => name === state.sort) ? (state.sort ?? table.sort) : table.sort;
  const sorted = sortedRows(found, columns, sort, state.isDescending);
  const limit = Math.max(size, state.shown);
  const hidden = sorted.length - limit;
  return html`
    ${
      text !== undefined && (rows.length >= minSearched || wanted !== "")
        ? html`<div class="row search"><input type="search" id="${id}-search" aria-label="Search: ${caption}" placeholder="Search" .value=${state.search} @input=${(event: Event) => set({ search: (event.target as HTMLInputElement).value })}>
          ${wanted === "" ? nothing : html`<span class="quiet" role="status">${numberText(found.length)} of ${countText(rows.length, "row")}</span>`}</div>`
        : nothing
    }
    <div class="scroll"><table id=${id}>
      <caption class="hidden">${caption}</caption>
      <thead><tr>${columns.map((column) => heading(column, sort, state.isDescending, set))}</tr></thead>
      <tbody>${sorted.slice(0, limit).map((row) => html`<tr>${columns.map((column, at) => (at === 0 ? html`<th scope="row">${column.view(row)}</th>` : html`<td class=${column.isText === true ? "" : "number"}>${column.view(row)}</td>`))}</tr>`)}</tbody>
    </table></div>
    ${found.length === 0 ? html`<p class="quiet">No rows match.</p>` : nothing}
    ${hidden > 0 ? html`<button class="link more" @click=${() => set({ shown: limit + moreRows })}>${hidden > moreRows ? `Show ${moreRows} more of ${numberText(hidden)}` : `Show all ${numberText(sorted.length)}`}</button>` : nothing}
    ${state.shown > size && rows.length > size ? html`<button class="link more" @click=${() => set({ shown: 0 })}>Show fewer</button>` : nothing}
  `;
}

function heading<R>(
  { name, about, value, isText = false }: Column<R>,
  sort: string,
  isDescending: boolean,
  set: (part: Partial<TableState>) => void,
): TemplateResult {
  const isSorted = sort === name;
  // Text is sorted from A when numbers are sorted from the largest.
  const isDown = isText ? !isDescending : isDescending;
  const order = isSorted ? (isDown ? "descending" : "ascending") : nothing;
  const mark = isSorted ? (isDown ? " ▾" : " ▴") : "";
  const change = () => set({ sort: name, isDescending: isSorted ? !isDescending : true });
  return html`<th scope="col" class=${isText ? "" : "number"} aria-sort=${order} title=${about ?? nothing}>
    ${value === undefined ? name : html`<button class="sort" @click=${change}>${name}<span aria-hidden="true">${mark}</span></button>`}
  </th>`;
}

/** The tables, with one sorted by a column and without a search. */
export const sortedBy = (model: ViewState, id: string, sort: string): ViewState["tables"] => ({
  ...model.tables,
  [id]: { ...noTable, sort },
});

/** Rows without a value come last in both orders. */
function sortedRows<R>(
  rows: readonly R[],
  columns: readonly Column<R>[],
  sort: string,
  isDescending: boolean,
): readonly R[] {
  const value = columns.find(({ name }) => name === sort)?.value;
  if (value === undefined) return rows;
  const order = isDescending ? -1 : 1;
  return [...rows].sort((first, second) => {
    const [a, b] = [value(first), value(second)];
    if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0);
    // Text is sorted from A when numbers are sorted from the largest.
    if (typeof a === "string" || typeof b === "string") return -order * String(a).localeCompare(String(b));
    return order * (a - b);
  });
}
