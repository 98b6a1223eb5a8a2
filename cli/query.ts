/** The options of commands that ask a question of the query model. */
import { type Filters, filterNames, type Grouping, groupings, type Query } from "../shared/protocol/query.ts";
import { statuses } from "../shared/schema/fields.ts";
import { sources } from "../shared/schema/sources.ts";
import { didYouMean } from "../shared/text/did-you-mean.ts";
import { agents } from "../shared/vocabulary/agents.ts";
import { commandClasses } from "../shared/vocabulary/command-classes.ts";
import { UsageError } from "./exit.ts";
import { type PeriodOptions, selectionOf } from "./period.ts";

export interface QueryOptions extends PeriodOptions, Filters {
  readonly by?: string;
  readonly sort?: string;
  readonly limit?: number;
}

const valuesOf: Readonly<Record<string, readonly string[]>> = {
  by: groupings,
  agent: agents,
  class: commandClasses,
  source: sources,
  outcome: statuses,
  origin: ["live", "import"],
};

/** Returns the query that the options mean. `by`: the grouping without `--by`. @throws UsageError */
export function queryOf(options: QueryOptions, by?: Grouping): Query {
  const filters = Object.fromEntries(
    filterNames.flatMap((name) => {
      const value = options[name];
      return value === undefined ? [] : [[name, checked(name, value)]];
    }),
  );
  const grouping = options.by === undefined ? by : (checked("by", options.by) as Grouping);
  return { period: selectionOf(options), filters, ...(grouping === undefined ? {} : { by: grouping }) };
}

/** Whether the options ask for more than the period. */
export const isQuery = (options: QueryOptions): boolean =>
  options.by !== undefined || filterNames.some((name) => options[name] !== undefined);

/** @throws UsageError for a value that is not on the list. */
function checked(name: string, value: string): string {
  const values = valuesOf[name];
  if (values === undefined || values.includes(value)) return value;
  throw new UsageError(
    `Unknown value of --${name}: ${value.slice(0, 40)}.${didYouMean(value, values) || ` Valid values: ${values.join(", ")}.`}`,
  );
}
