/** Migration 13: how a command was joined with others, and since when an answer is no failure. */
export const commandChains = `
  ALTER TABLE dimensions ADD COLUMN chain TEXT;
  ALTER TABLE dimensions ADD COLUMN outcome_of TEXT;
  -- Milliseconds since 1970; 0 if no terminal command was stored before.
  INSERT INTO state SELECT 'exit_rules_since',
    CASE WHEN EXISTS (SELECT 1 FROM dimensions WHERE tool_name = 'run_terminal_cmd')
      THEN CAST(unixepoch('subsec') * 1000 AS INTEGER) ELSE 0 END;
`;
