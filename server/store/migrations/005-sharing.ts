/** Migration 5: tables for sharing, and import positions of event logs. */
export const sharing = `
  -- Only of events that were written under consent to share: when, and the categories that may be shared as bits.
  ALTER TABLE events ADD COLUMN committed_at INTEGER;
  ALTER TABLE events ADD COLUMN share INTEGER;

  -- One row while the consent to share lasts.
  CREATE TABLE sharing (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    -- Tells this database from another one in the file upload-state.json.
    database TEXT NOT NULL,
    anon_user_id TEXT NOT NULL,
    anon_salt TEXT NOT NULL,
    -- Nothing that was written before is shared.
    since INTEGER NOT NULL,
    -- The key of the last event that was looked at, in the order of commits, and its time.
    cursor_id INTEGER NOT NULL,
    cursor_ts INTEGER NOT NULL,
    -- How often in a row sending has failed, and until when it pauses.
    failures INTEGER NOT NULL DEFAULT 0,
    wait_until INTEGER NOT NULL DEFAULT 0,
    -- Asked for by the server (Retry-After): not even a command of the user's is earlier.
    server_wait INTEGER NOT NULL DEFAULT 0,
    -- Why sending stands still, where it takes the user to go on.
    paused TEXT,
    synced_at INTEGER
  ) STRICT;

  -- What is to be sent, frozen.
  CREATE TABLE batches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    batch_id TEXT NOT NULL UNIQUE,
    generated_at INTEGER NOT NULL,
    -- The key of its first event: batches go in this order.
    first_key INTEGER NOT NULL,
    -- The keys of its events, as JSON: the differences from one to the next.
    keys TEXT NOT NULL,
    events INTEGER NOT NULL,
    -- The exact bytes of the body, compressed (Zstandard).
    body BLOB NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    -- Set where the server refused it.
    rejected TEXT
  ) STRICT;

  -- Each entry holds the digest of the one before it.
  CREATE TABLE ledger (
    seq INTEGER PRIMARY KEY,
    entry TEXT NOT NULL,
    hash TEXT NOT NULL,
    -- The exact body of the request, compressed. Outside the chain, so that a purge can drop it.
    body BLOB
  ) STRICT;

  -- What is known of a server: its keys for receipts, whether it knows this installation, what it can unpack.
  CREATE TABLE servers (
    host TEXT PRIMARY KEY,
    enrolled TEXT,
    encodings TEXT NOT NULL DEFAULT '',
    plain INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE server_keys (
    host TEXT NOT NULL,
    key_id TEXT NOT NULL,
    public_key TEXT NOT NULL,
    pinned_at INTEGER NOT NULL,
    PRIMARY KEY (host, key_id)
  ) STRICT, WITHOUT ROWID;

  -- How far each event log was read. Written with what was imported; a purge keeps it.
  CREATE TABLE imports (
    -- Device and inode, and the beginning of the file, so that another file under its name is another log.
    file TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    imported INTEGER NOT NULL,
    read_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;
