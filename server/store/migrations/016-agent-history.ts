/** Migration 16: what was imported from the files that agents keep. */
export const agentHistory = `
  -- The agent whose files an import read, and how exact they are; NULL for the import of an export.
  ALTER TABLE origins ADD COLUMN agent TEXT;
  ALTER TABLE origins ADD COLUMN exactness TEXT;

  -- One row per imported response or tool use, so that none counts twice, also after its event has expired.
  CREATE TABLE imported (
    -- The first 8 bytes of the event's ID, which is a keyed digest.
    digest BLOB PRIMARY KEY,
    origin INTEGER NOT NULL,
    -- The user's calendar day, counted since 1970.
    day INTEGER NOT NULL,
    -- NULL, or what was counted of a response that the files hold only in part: hour, dimensions and numbers, as JSON.
    partial TEXT
  ) STRICT, WITHOUT ROWID;

  -- Until when the user deleted everything, and since when the ID of a reported model request is derived from the agent's.
  -- A deletion by an earlier version left a mark, and raised the low watermark to its time.
  INSERT INTO state (name, value)
    SELECT 'purged_until', CASE WHEN purge.value = 0 THEN 0 ELSE floor.value END
    FROM state purge JOIN state floor ON floor.name = 'floor_ts' WHERE purge.name = 'purge_mark';
  INSERT INTO state (name, value) VALUES
    ('request_ids_since', CAST(unixepoch('subsec') * 1000 AS INTEGER));
`;
