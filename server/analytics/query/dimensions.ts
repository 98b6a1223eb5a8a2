/** The dimensions of rollups and events as the query model needs them: read once for a query, then looked up by their number. */
import { type FilterName, type Filters, filterValues, matchesFilter } from "../../../shared/protocol/query.ts";
import { type ContextSize, contextSizes } from "../../../shared/vocabulary/agent-reports.ts";
import { commandClass, isForeground } from "../../../shared/vocabulary/command-classes.ts";
import { ownCommandCondition } from "../../../shared/vocabulary/own-commands.ts";
import type { Connection, Row, SqlValue } from "../../store/driver/driver.ts";
import { endedCondition, hasOutcome, isCommandRun, isElapsed, isToolCall } from "../classify.ts";

/** What is counted: ended runs and calls, and what agents report besides. A condition on `d`. */
const counted = `(${endedCondition} OR (d.event_type IN ('agent_activity', 'model_request') AND NOT ${ownCommandCondition}))`;

export interface Dimensions {
  /** The columns of the table `dimensions`. */
  readonly row: Row;
  readonly kind: "run" | "call" | "activity" | "request" | "other";
  /** Whether status and duration are those of the command or call. */
  readonly hasOutcome: boolean;
  /** Whether the user waits for the run: it is neither a server nor interactive. */
  readonly isWaitedFor: boolean;
  readonly isRefused: boolean;
  /** Whether durations contain waiting for permission: those of agents' files. */
  readonly isElapsed: boolean;
  /** Whether token counts are lower bounds. */
  readonly isLowerBound: boolean;
  readonly contextSize: ContextSize | undefined;
}

const filterColumns: Readonly<Partial<Record<FilterName, string>>> = {
  tool: "tool_name",
  model: "model",
  workspace: "workspace_hash",
  source: "source",
  outcome: "status",
  error: "error_category",
  exit: "exit_class",
  server: "mcp_server",
  role: "agent_role",
};

/** Returns the dimensions of what is counted and matches all filters, by their number. `what`: another condition on `d`. */
export function readDimensions(
  connection: Connection,
  filters: Filters,
  what: string = counted,
): ReadonlyMap<number, Dimensions> {
  const [where, values] = conditionOf(filters, what);
  const found = new Map<number, Dimensions>();
  const sql = `SELECT d.id, d.event_type, d.source, d.tool_name, d.tool_phase, d.command_path, d.status, d.outcome_of,
    d.error_category, d.exit_class, d.activity, d.agent, d.agent_role, d.model, d.context_size, d.speed, d.mcp_server,
    d.workspace_hash, d.origin FROM dimensions d WHERE ${where}`;
  const lowerBounds = new Set(
    connection
      .prepare("SELECT id FROM origins WHERE exactness = 'lower_bound'")
      .all()
      .map(({ id }) => id),
  );
  for (const row of connection.prepare(sql).all(...values)) {
    const path = row["command_path"];
    if (!isInClass(path, filters)) continue;
    found.set(Number(row["id"]), {
      row,
      kind: kindOf(row),
      hasOutcome: hasOutcome(row),
      isWaitedFor: typeof path !== "string" || isForeground(commandClass(path)),
      isRefused: row["error_category"] === "rejected",
      isElapsed: isElapsed(row),
      isLowerBound: row["origin"] !== 0 && lowerBounds.has(row["origin"]),
      contextSize: contextSizes.find((size) => size === row["context_size"]),
    });
  }
  return found;
}

/** Returns the values that a filter can have, in order. */
export function knownValues(connection: Connection, name: "command" | "model" | "tool"): readonly string[] {
  const column = name === "command" ? "command_path" : filterColumns[name];
  return connection
    .prepare(
      `SELECT DISTINCT d.${column} value FROM dimensions d WHERE ${counted} AND d.${column} IS NOT NULL ORDER BY 1`,
    )
    .all()
    .map(({ value }) => String(value));
}

/** Returns those of some dimensions that match all filters. */
export function matching(
  connection: Connection,
  filters: Filters,
  known: ReadonlyMap<number, Dimensions>,
): ReadonlyMap<number, Dimensions> {
  if (Object.values(filters).every((value) => value === undefined)) return known;
  const [where, values] = conditionOf(filters);
  const found = new Map<number, Dimensions>();
  for (const { id } of connection.prepare(`SELECT d.id FROM dimensions d WHERE ${where}`).all(...values)) {
    const of = known.get(Number(id));
    if (of !== undefined && isInClass(of.row["command_path"], filters)) found.set(Number(id), of);
  }
  return found;
}

/** The one filter that no column has. */
const isInClass = (path: unknown, { class: classes }: Filters): boolean =>
  matchesFilter(classes, typeof path === "string" ? commandClass(path) : "");

function kindOf(row: Row): Dimensions["kind"] {
  if (isCommandRun(row)) return "run";
  if (isToolCall(row)) return "call";
  if (row["event_type"] === "agent_activity") return "activity";
  return row["event_type"] === "model_request" ? "request" : "other";
}

/** Returns what is counted and matches the filters as a condition on `d`, except the class, which no column has. */
export function conditionOf(
  filters: Filters,
  what: string = counted,
): readonly [sql: string, values: readonly SqlValue[]] {
  const conditions = [what];
  const values: SqlValue[] = [];
  const add = (name: FilterName, condition: (wanted: readonly string[]) => readonly [string, readonly SqlValue[]]) => {
    const filter = filters[name];
    if (filter === undefined) return;
    const { included, excluded } = filterValues(filter);
    for (const wanted of [included, excluded]) {
      if (wanted.length === 0) continue;
      const [sql, of] = condition(wanted);
      // A missing value is none of those that are excluded.
      conditions.push(wanted === excluded ? `(${sql}) IS NOT TRUE` : `(${sql})`);
      values.push(...of);
    }
  };
  const list = (wanted: readonly string[]) => wanted.map(() => "?").join(", ");
  for (const [name, column] of Object.entries(filterColumns) as [FilterName, string][])
    add(name, (wanted) => [`d.${column} IN (${list(wanted)})`, wanted]);
  add("agent", (wanted) => [
    `d.agent IN (${list(wanted)}) OR d.agent IS NULL AND d.source IN (${list(wanted)})`,
    [...wanted, ...wanted],
  ]);
  // Not LIKE, in which names may contain wildcards.
  add("command", (wanted) => [
    wanted
      .map((path) => `d.command_path = ?${path.startsWith("=") ? "" : " OR substr(d.command_path, 1, ?) = ?"}`)
      .join(" OR "),
    wanted.flatMap((path) => (path.startsWith("=") ? [path.slice(1)] : [path, path.length + 1, `${path} `])),
  ]);
  add("origin", (wanted) => [
    wanted.map((origin) => (origin === "live" ? "d.origin = 0" : "d.origin > 0")).join(" OR "),
    [],
  ]);
  return [conditions.join(" AND "), values];
}
