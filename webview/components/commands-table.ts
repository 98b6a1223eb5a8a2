/** Commands, programs or classes with everything that is known about their runs. */
import type { TemplateResult } from "lit-html";
import type { Answer, Group } from "../../shared/protocol/query.ts";
import { durationText, numberText } from "../../shared/text/format.ts";
import { changeOf, type Direction } from "../data/change.ts";
import { groupLabel } from "../data/names.ts";
import type { Actions, ViewState } from "../state.ts";
import { type Column, dataTable } from "./data-table.ts";
import { changeView, failureView, timeText } from "./figures.ts";
import { groupLink } from "./group-link.ts";

export interface CommandsTable {
  readonly id: string;
  readonly by: "command" | "program" | "class";
  /** Compared with the period before. */
  readonly answer: Answer;
  /** What was usual before, to mark failure rates. */
  readonly usual: Answer | undefined;
  /** Commands that became slower by more than chance. */
  readonly slower: ReadonlySet<string>;
  /** Without the columns that need a wide page. */
  readonly isShort?: boolean;
  readonly size?: number;
}

/** A group with the same one before. */
interface Row {
  readonly group: Group;
  readonly before: Group | undefined;
  readonly usual: Group | undefined;
}

const byKey = (groups: readonly Group[] | undefined): ReadonlyMap<string, Group> =>
  new Map((groups ?? []).map((group) => [group.key, group]));

const medianChange = ({ group, before }: Row, direction: Direction) => {
  const [now, was] = [group.measures.runs, before?.measures.runs];
  return changeOf(
    { value: now.medianMs, sample: now.timed },
    was === undefined ? undefined : { value: was.medianMs, sample: was.timed },
    direction,
  );
};

/** 1 for the same, 2 for twice as long; `null` if nothing can be said. */
function changeValue({ group, before }: Row): number | null {
  const [now, was] = [group.measures.runs, before?.measures.runs];
  if (medianChange({ group, before, usual: undefined }, "neutral").text === "") return null;
  return now.medianMs === null || was?.medianMs === null || was === undefined ? null : now.medianMs / was.medianMs;
}

export function commandsTable(table: CommandsTable, model: ViewState, actions: Actions): TemplateResult {
  const { id, by, answer, usual, slower, isShort = false, size } = table;
  const [before, usually] = [byKey(answer.before?.groups), byKey(usual?.groups)];
  const rows: readonly Row[] = answer.groups
    .filter(({ measures }) => measures.runs.count > 0)
    .map((group) => ({ group, before: before.get(group.key), usual: usually.get(group.key) }));
  const runs = ({ group }: Row) => group.measures.runs;
  const title: Readonly<Record<CommandsTable["by"], string>> = {
    command: "Command",
    program: "Program",
    class: "Class",
  };
  const columns: readonly (Column<Row> | undefined)[] = [
    {
      name: title[by],
      view: ({ group }) => groupLink(by, group.key, model, actions),
      value: ({ group }) => groupLabel(by, group.key, model.state),
      isText: true,
    },
    isShort || by !== "command"
      ? undefined
      : {
          name: "Class",
          view: ({ group }) => groupLabel("class", group.class ?? "", model.state),
          value: ({ group }) => group.class ?? null,
          isText: true,
        },
    { name: "Runs", view: (row) => numberText(runs(row).count), value: (row) => runs(row).count },
    {
      name: "Failed",
      about: "Share of failures with its 95% interval",
      view: (row) => failureView(runs(row), row.usual?.measures.runs),
      value: (row) => runs(row).failure?.rate ?? null,
    },
    { name: "Median", view: (row) => timeText(runs(row).medianMs), value: (row) => runs(row).medianMs },
    {
      name: "Trend",
      about: "Change of the median against the period before",
      view: (row) => changeView(medianChange(row, slower.has(row.group.key) ? "more-is-bad" : "neutral")),
      value: changeValue,
    },
    { name: "P95", view: (row) => timeText(runs(row).p95Ms), value: (row) => runs(row).p95Ms },
    isShort
      ? undefined
      : { name: "Total", view: (row) => durationText(runs(row).totalMs), value: (row) => runs(row).totalMs },
    {
      name: "Waiting",
      about: "Time that you waited: without servers and interactive commands",
      view: ({ group }) => (group.measures.waitingMs === 0 ? "–" : durationText(group.measures.waitingMs)),
      value: ({ group }) => group.measures.waitingMs,
    },
  ];
  return dataTable(
    {
      id,
      caption: `${title[by]} table`,
      columns: columns.filter((column): column is Column<Row> => column !== undefined),
      rows,
      text: ({ group }) => groupLabel(by, group.key, model.state),
      sort: "Waiting",
      empty: "No commands match.",
      ...(size === undefined ? {} : { size }),
    },
    model,
    actions,
  );
}
