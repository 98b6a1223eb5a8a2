/** Migration 14: what agents report about subagents, sessions and model requests; the view names agent, model and origin. */
export const agentReports = `
  ALTER TABLE dimensions ADD COLUMN mcp_server TEXT;
  ALTER TABLE dimensions ADD COLUMN agent_role TEXT;
  ALTER TABLE dimensions ADD COLUMN start_reason TEXT;
  ALTER TABLE dimensions ADD COLUMN end_reason TEXT;
  ALTER TABLE dimensions ADD COLUMN context_size TEXT;
  ALTER TABLE dimensions ADD COLUMN effort TEXT;
  ALTER TABLE dimensions ADD COLUMN speed TEXT;

  DROP VIEW events_readable;
  CREATE VIEW events_readable AS
    SELECT e.id, strftime('%Y-%m-%d %H:%M:%f', e.ts / 1000.0, 'unixepoch') AS timestamp, s.session_id, d.event_type,
      d.workspace_hash, d.task_hash, d.command_path AS command, e.duration_ms,
      CASE d.status WHEN 'ok' THEN 1 WHEN 'failed' THEN 0 END AS success, d.error_category,
      d.template AS template_used, e.numbers ->> 'services_count' AS services_count,
      e.numbers ->> 'ports_used' AS ports_used, d.source, d.tool_name, d.tool_phase, d.exit_class,
      d.agent, d.agent_role, d.model, CASE d.origin WHEN 0 THEN 'live' ELSE 'import' END AS origin
    FROM events e JOIN dimensions d ON d.id = e.dimensions JOIN streams t ON t.id = e.stream JOIN sessions s ON s.id = t.session;
`;
