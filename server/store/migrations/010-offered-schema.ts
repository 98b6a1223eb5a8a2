/** Migration 10: which upload schema a server accepts, and from which event on the current one applies. */
export const offeredSchema = `
  -- The largest upload schema that the server accepts and this version knows; NULL: never asked. And when it said so.
  ALTER TABLE servers ADD COLUMN schema INTEGER;
  ALTER TABLE servers ADD COLUMN schema_at INTEGER;
  -- Events up to this key were recorded before the user agreed to a larger schema: they go out in schema 1.
  ALTER TABLE sharing ADD COLUMN schema_1_until INTEGER NOT NULL DEFAULT 0;
`;
