/** The views for queries of the user's, beside `events_readable` and `sessions_readable`. */

export interface View {
  readonly name: string;
  readonly description: string;
  /** The statement that defines it; `undefined` if the database contains it. */
  readonly sql?: string;
}

const day = "date(m.bucket * 86400, 'unixepoch')";

export const views: readonly View[] = [
  { name: "events_readable", description: "One row for each stored event, newest last; only within the retention." },
  { name: "sessions_readable", description: "One row for each session, with its times." },
  {
    name: "totals_readable",
    description:
      "Totals for each local day and combination of command, tool, agent, model, workspace, source and outcome; kept for ever.",
    sql: `SELECT ${day} AS day, m.count, m.duration_count, m.duration_sum AS duration_sum_ms, m.duration_min AS duration_min_ms,
      m.duration_max AS duration_max_ms, m.numbers, d.event_type, d.source, d.command_path, d.tool_name, d.tool_phase, d.status,
      d.exit_class, d.error_category, d.agent, d.agent_role, d.model, d.activity, d.mcp_server, d.workspace_hash,
      CASE d.origin WHEN 0 THEN 'live' ELSE 'import' END AS origin
      FROM (
        SELECT bucket, dimensions, count, duration_count, duration_sum, duration_min, duration_max, numbers
        FROM rollups WHERE grain = 1
        UNION ALL
        SELECT bucket / 24, dimensions, count, duration_count, duration_sum, duration_min, duration_max, numbers
        FROM rollups WHERE grain = 0 AND bucket >= (SELECT coalesce(max(value), 0) * 24 FROM state WHERE name = 'closed_day')
      ) m JOIN dimensions d ON d.id = m.dimensions`,
  },
];

/** Statements that create the views of a connection, if they do not exist. */
export const temporaryViews: string = views
  .flatMap(({ name, sql }) => (sql === undefined ? [] : [`CREATE TEMP VIEW IF NOT EXISTS ${name} AS ${sql};`]))
  .join(" ");
