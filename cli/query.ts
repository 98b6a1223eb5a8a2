/** The options of commands that ask a question of the query model. */
import { basename, isAbsolute, resolve } from "node:path";
import type { TelemetryReader } from "../server/worker/reader.ts";
import {
  type Comparison,
  comparisons,
  type FilterName,
  type Filters,
  filterNames,
  filterText,
  filterValues,
  type Grouping,
  groupings,
  type Query,
} from "../shared/protocol/query.ts";
import { exitClasses, statuses } from "../shared/schema/fields.ts";
import { sources } from "../shared/schema/sources.ts";
import { didYouMean } from "../shared/text/did-you-mean.ts";
import { workspaceName } from "../shared/text/workspace-names.ts";
import { agentRoles } from "../shared/vocabulary/agent-reports.ts";
import { agents } from "../shared/vocabulary/agents.ts";
import { commandClasses } from "../shared/vocabulary/command-classes.ts";
import { errorCategories } from "../shared/vocabulary/errors.ts";
import { UsageError } from "./exit.ts";
import { type PeriodOptions, selectionOf } from "./period.ts";

export interface QueryOptions extends PeriodOptions, Filters {
  readonly by?: string;
  readonly compare?: string;
  readonly sort?: string;
  readonly limit?: number;
}

/** An hour of the week. */
const weekhour = /^[1-7] ([01]\d|2[0-3]):00$/;

const valuesOf: Readonly<Record<string, readonly string[]>> = {
  by: groupings,
  compare: comparisons,
  agent: agents,
  class: commandClasses,
  source: sources,
  outcome: statuses,
  error: errorCategories,
  exit: exitClasses,
  role: agentRoles,
  origin: ["live", "import"],
};

/** Returns the query that the options mean; the workspace is still a name. `by`: the grouping without `--by`. @throws UsageError */
export function queryOf(options: QueryOptions, by?: Grouping): Query {
  const filters = Object.fromEntries(
    filterNames.flatMap((name) => {
      const value = options[name];
      return value === undefined ? [] : [[name, checkedList(name, value)]];
    }),
  );
  const grouping = options.by === undefined ? by : (checked("by", options.by) as Grouping);
  const compare = options.compare === undefined ? undefined : (checked("compare", options.compare) as Comparison);
  return {
    period: selectionOf(options),
    filters,
    ...(grouping === undefined ? {} : { by: grouping }),
    ...(compare === undefined ? {} : { compare }),
  };
}

function checkedList(name: FilterName, text: string): string {
  const { included, excluded } = filterValues(text.trim());
  const named = (values: readonly string[]) => values.map((value) => checked(name, cleaned(name, value)));
  if (included.length + excluded.length === 0) throw missing(name);
  return filterText({ included: named(included), excluded: named(excluded) });
}

function cleaned(name: FilterName, value: string): string {
  const text = value.trim().replace(/\s+/g, " ");
  if (text === "") throw missing(name);
  if (name === "weekhour" && !weekhour.test(text))
    throw new UsageError(
      `Unknown hour of the week: ${text.slice(0, 40)}. Give the weekday from 1 (Monday) and the hour: '1 14:00'.`,
    );
  return text;
}

const missing = (name: FilterName): UsageError =>
  new UsageError(`--${name} needs a value, or several separated by commas.`);

/** @throws UsageError for a value that is not on the list. */
function checked(name: string, value: string): string {
  const values = valuesOf[name];
  if (values === undefined || values.includes(value)) return value;
  throw new UsageError(
    `Unknown value of --${name}: ${value.slice(0, 40)}.${didYouMean(value, values) || ` Valid values: ${values.join(", ")}.`}`,
  );
}

/**
 * Returns the query with the recorded hashes of its workspace: `this`, or a name, folder, URI or hash. Commands, models and tools
 * must be recorded ones. @throws UsageError
 */
export function resolved(reader: TelemetryReader, query: Query): Query {
  for (const name of ["command", "model", "tool"] as const) checkRecorded(reader, name, query.filters?.[name]);
  const name = query.filters?.workspace;
  if (name === undefined) return query;
  const finder = reader.workspaces();
  const hashesOf = (values: readonly string[]) => [
    ...new Set(
      values.flatMap((one) => {
        const lettered = [...finder.known].find((_, index) => sameName(workspaceName(index), one));
        if (lettered !== undefined) return [lettered];
        if (one === "this") return finder.around(process.cwd())?.hashes ?? notRecorded("this folder or one around it");
        const isPath = !isAbsolute(one) && (one.startsWith(".") || one.includes("/")) && !URL.canParse(one);
        const found = finder.named(isPath ? resolve(one) : one);
        return found.length > 0 ? found : notRecorded(one);
      }),
    ),
  ];
  const { included, excluded } = filterValues(name);
  const workspace = filterText({ included: hashesOf(included), excluded: hashesOf(excluded) });
  return { ...query, filters: { ...query.filters, workspace } };

  function notRecorded(what: string): never {
    const known = [...finder.known].map((hash, index) => `${workspaceName(index)} (${hash.slice(0, 8)})`);
    throw new UsageError(
      `No data of the workspace ${what.slice(0, 200)}. Give its folder, its URI, its letter, or at least 4 digits of its hash${known.length === 0 ? "; none is recorded" : `: ${known.slice(0, 8).join(", ")}${known.length > 8 ? ", …" : ""}`}.`,
    );
  }
}

/** @throws UsageError for a value that is nowhere in the database. */
function checkRecorded(reader: TelemetryReader, name: "command" | "model" | "tool", values: string | undefined): void {
  if (values === undefined) return;
  const known = reader.known(name);
  if (known.length === 0) return;
  const { included, excluded } = filterValues(values);
  for (const text of [...included, ...excluded]) {
    const value = text.replace(/^=/, "");
    if (known.some((one) => one === value || (name === "command" && one.startsWith(`${value} `)))) continue;
    const hint =
      didYouMean(value.toLowerCase(), known) || (known.length > maxListed ? "" : ` Recorded: ${known.join(", ")}.`);
    throw new UsageError(`No data of the ${name} ${value.slice(0, 60)}.${hint}`);
  }
}

/** More names are too many for a message. */
const maxListed = 12;

/** "Workspace B", "workspace b" and "B" are the same. */
const sameName = (name: string, text: string): boolean =>
  [name, name.replace("Workspace ", "")].some((one) => one.toLowerCase() === text.toLowerCase());

/** Returns the names of workspaces in a report: the one around the current folder by its name, others by a letter. */
export function workspaceNames(reader: TelemetryReader): (hash: string) => string {
  const finder = reader.workspaces();
  const here = finder.around(process.cwd());
  const names = new Map([...finder.known].map((hash, index) => [hash, workspaceName(index)]));
  return (hash) =>
    here?.hashes.includes(hash) === true ? `${basename(here.folder)} (this)` : (names.get(hash) ?? hash);
}
