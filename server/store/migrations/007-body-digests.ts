/** Migration 7: one body per digest, session stems, import digests, state for clock checks. */
export const lasting = `
  -- The exact body of a request, compressed, once however often it was sent. Outside the chain, so that it can be dropped.
  CREATE TABLE ledger_bodies (
    id INTEGER PRIMARY KEY,
    -- Of the uncompressed body, in hex: entries of the ledger refer to it.
    sha256 TEXT NOT NULL UNIQUE,
    body BLOB NOT NULL,
    -- The newest entry that sends it, and when it was sent last, in milliseconds since 1970.
    seq INTEGER NOT NULL,
    sent_at INTEGER NOT NULL,
    -- 1: the server took it or refused it for good.
    answered INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  INSERT INTO ledger_bodies (sha256, body, seq, sent_at, answered)
    SELECT entry ->> 'sha256', body, max(seq), max(entry ->> 'ts'), 1 FROM ledger
    WHERE body IS NOT NULL AND json_valid(entry) AND entry ->> 'sha256' IS NOT NULL GROUP BY entry ->> 'sha256';
  ALTER TABLE ledger DROP COLUMN body;

  -- Why the last tries to send failed, as a sentence.
  ALTER TABLE sharing ADD COLUMN failure TEXT;

  -- Of sources whose own sessions may last for days: what their sessions of one conversation have in common.
  ALTER TABLE sessions ADD COLUMN stem TEXT;
  CREATE INDEX sessions_by_stem ON sessions (stem, ended_at) WHERE stem IS NOT NULL;

  -- SHA-256 of the bytes before the position, in hex: the position counts only for a file that begins with them.
  ALTER TABLE imports ADD COLUMN digest TEXT;

  -- Owners were named by their host's name.
  UPDATE leases SET owner = '', expires_at = 0;

  INSERT INTO state VALUES
    -- Changes with a purge: sessions that go on get other ids, so that none is used twice. 0: no purge yet.
    ('session_epoch', 0),
    -- When maintenance last began; when it found that the clock had jumped (0: it has not); and the time by which events expire.
    ('maintenance_at', 0), ('clock_jumped_at', 0), ('trusted_at', 0),
    -- Events refused because they lie before the low watermark, and when it last had to follow the clock back.
    ('below_watermark', 0), ('watermark_fell_at', 0),
    -- What the size limit has deleted since the last purge, and when it last did.
    ('limit_events', 0), ('limit_bodies', 0), ('limit_at', 0),
    -- A consent that was dated in the future, and when it was first read: it counts from then on.
    ('future_consent', 0), ('future_consent_seen', 0);
`;
