/** Migration 12: sessions in which only this product's own commands ran do not count as the user's. */
export const ownSessions = `
  -- 1: every event so far is about a command of this product.
  ALTER TABLE sessions ADD COLUMN own INTEGER NOT NULL DEFAULT 0;

  CREATE TEMP TABLE own_paths (path TEXT PRIMARY KEY);
  INSERT INTO own_paths SELECT value FROM json_each(json_array(
    'telemetry', 'telemetry status', 'telemetry enable', 'telemetry disable', 'telemetry on', 'telemetry off',
    'telemetry show', 'telemetry explain', 'telemetry export', 'telemetry delete', 'telemetry purge',
    'telemetry metrics', 'telemetry stats', 'telemetry dashboard', 'telemetry erase-remote',
    'telemetry terminal', 'telemetry config', 'stats', 'insights', 'import', 'sync', 'usage', 'usage upload',
    'usage import', 'ledger', 'ledger list', 'ledger show', 'ledger verify', 'ledger export', 'consent',
    'consent show', 'consent history', 'identity', 'identity reset', 'doctor', 'event', 'event emit', 'run',
    'completion', 'agents', 'agents list', 'agents connect', 'agents disconnect', 'agents test', 'hook'));
  UPDATE sessions SET own = 1 WHERE EXISTS (SELECT 1 FROM streams t WHERE t.session = sessions.id)
    AND NOT EXISTS (
      SELECT 1 FROM streams t JOIN events e ON e.stream = t.id JOIN dimensions d ON d.id = e.dimensions
      WHERE t.session = sessions.id AND (
        d.command_path IS NULL
        OR d.event_type = 'agent_event' AND d.command_path <> 'nexus'
          AND d.command_path NOT IN (SELECT 'nexus ' || path FROM own_paths)
        OR d.event_type <> 'agent_event' AND d.event_type NOT LIKE 'command@_%' ESCAPE '@'
        OR d.event_type LIKE 'command@_%' ESCAPE '@' AND d.source <> 'vscode'
          AND NOT (d.source = 'nexus_cli' AND d.command_path IN (SELECT path FROM own_paths))));
  DROP TABLE own_paths;
`;
