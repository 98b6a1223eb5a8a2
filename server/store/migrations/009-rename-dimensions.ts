/** Migration 9: renames `words` to `dimensions`. SQLite updates views and foreign keys itself. */
export const renameDimensions = `
  ALTER TABLE words RENAME TO dimensions;
  ALTER TABLE events RENAME COLUMN words TO dimensions;
  ALTER TABLE metrics RENAME COLUMN words TO dimensions;
  ALTER TABLE recent_metrics RENAME COLUMN words TO dimensions;
`;
