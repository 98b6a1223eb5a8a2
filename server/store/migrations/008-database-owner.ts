/** Migration 8: owner of the database, purge mark, first sequence number of a stream. */
export const belonging = `
  -- The installation that the database belongs to, as its installation.json names it.
  CREATE TABLE belongs_to (one INTEGER PRIMARY KEY CHECK (one = 1), installation TEXT NOT NULL) STRICT;

  -- The number before the first event of the stream: a stream that goes on in another session shares numbers that begin at 1.
  ALTER TABLE streams ADD COLUMN base INTEGER NOT NULL DEFAULT 0;

  -- The last key before the pseudonym began: places in the order of commits are counted from it where they are shared.
  ALTER TABLE sharing ADD COLUMN begun_id INTEGER NOT NULL DEFAULT 0;

  INSERT INTO state VALUES
    -- Random, new with each purge: what is kept elsewhere for this database goes when it changes. 0: no purge yet.
    ('purge_mark', 0);
`;
