/** Migration 15: a view of the totals for queries of the user's, and a number that changes with the totals of closed days. */
export const queries = `
  INSERT INTO state (name, value) VALUES ('rollup_generation', 0);
  CREATE TRIGGER day_inserted AFTER INSERT ON metrics WHEN NEW.grain = 1
    BEGIN UPDATE state SET value = value + 1 WHERE name = 'rollup_generation'; END;
  CREATE TRIGGER day_updated AFTER UPDATE ON metrics WHEN NEW.grain = 1
    BEGIN UPDATE state SET value = value + 1 WHERE name = 'rollup_generation'; END;
  CREATE TRIGGER day_deleted AFTER DELETE ON metrics WHEN OLD.grain = 1
    BEGIN UPDATE state SET value = value + 1 WHERE name = 'rollup_generation'; END;
  -- The number of a deleted row can be given to another one.
  CREATE TRIGGER dimensions_deleted AFTER DELETE ON dimensions
    BEGIN UPDATE state SET value = value + 1 WHERE name = 'rollup_generation'; END;

  CREATE VIEW totals_readable AS
    SELECT date(m.bucket * 86400, 'unixepoch') AS day, m.count, m.duration_count, m.duration_sum AS duration_sum_ms,
      m.duration_min AS duration_min_ms, m.duration_max AS duration_max_ms, m.numbers, d.event_type, d.source,
      d.command_path, d.tool_name, d.tool_phase, d.status, d.exit_class, d.error_category, d.agent, d.agent_role, d.model,
      d.activity, d.mcp_server, d.workspace_hash, CASE d.origin WHEN 0 THEN 'live' ELSE 'import' END AS origin
    FROM (
      SELECT bucket, dimensions, count, duration_count, duration_sum, duration_min, duration_max, numbers
      FROM rollups WHERE grain = 1
      UNION ALL
      SELECT bucket / 24, dimensions, count, duration_count, duration_sum, duration_min, duration_max, numbers
      FROM rollups WHERE grain = 0 AND bucket >= (SELECT coalesce(max(value), 0) * 24 FROM state WHERE name = 'closed_day')
    ) m JOIN dimensions d ON d.id = m.dimensions;
`;
