/** Migration 11: which installation imported data comes from, and erasures of whole days. */
export const origins = `
  -- One row per import of an export. id 0 is what this machine recorded itself.
  CREATE TABLE origins (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The installation that recorded the data: a digest, as its exports name it.
    name TEXT NOT NULL UNIQUE,
    -- When it exported the data, and when that was imported here.
    as_of INTEGER NOT NULL,
    imported_at INTEGER NOT NULL,
    -- 0 while the import runs; an interrupted one is removed.
    complete INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  ALTER TABLE dimensions ADD COLUMN origin INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE sessions ADD COLUMN origin INTEGER NOT NULL DEFAULT 0;

  -- Days of the user's calendar: NULL, or the first day and the day after the last one, counted since 1970. Then from_ts and
  -- to_ts bound when the erased events could have happened: what is recorded later on these days counts again.
  ALTER TABLE erased ADD COLUMN from_day INTEGER;
  ALTER TABLE erased ADD COLUMN to_day INTEGER;
`;
