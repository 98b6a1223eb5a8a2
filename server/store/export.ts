/**
 * Writes everything that is stored to a file: as JSON or JSON Lines each event in the envelope of the analytics design,
 * section 3.1 (with `runtime_version` for `rust_version`), as CSV (RFC 4180) flat. The file appears whole or not at all.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { stringify } from "csv-stringify/sync";
import { eventTypeNames } from "../../shared/events.ts";
import { fieldNames } from "../../shared/fields.ts";
import { nested } from "../../shared/payload-layout.ts";
import type { ExportFormat } from "../../shared/protocol.ts";
import { payloadOf } from "./columns.ts";
import type { Connection, Row } from "./driver.ts";
import { readEvents } from "./events.ts";
import { uuidText } from "./ids.ts";

/** Bytes gathered before each write. */
const chunkLength = 65_536;

/** The public form of a stored event. */
export function envelopeOf(row: Row) {
  const type = eventTypeNames.find((name) => name === row["event_type"]);
  return {
    schema_version: "1.0.0",
    event_id: uuidText(row["event_id"]),
    event_type: row["event_type"],
    timestamp: new Date(Number(row["ts"])).toISOString(),
    utc_offset_min: row["utc_offset_min"],
    source: {
      product: row["product"],
      version: row["product_version"],
      tier: "oss",
      os: row["product_os"],
      arch: row["product_arch"],
      runtime_version: row["runtime_version"],
      channel: row["source"],
    },
    session: {
      id: row["session_id"],
      sequence: row["seq"],
      started_at: new Date(Number(row["started_at"])).toISOString(),
    },
    payload: type === undefined ? {} : nested(type, payloadOf(row)),
  };
}

/** How the events are written one after the other. */
interface Format {
  readonly begin: string;
  readonly between: string;
  readonly end: string;
  readonly row: (row: Row) => string;
}

/** The columns of a CSV: the envelope, then every field. */
const csvColumns = [
  "event_id",
  "event_type",
  "timestamp",
  "utc_offset_min",
  "session_id",
  "sequence",
  "channel",
] as const;

function csvCells(row: Row): readonly unknown[] {
  const { event_id, event_type, timestamp, utc_offset_min, session, source } = envelopeOf(row);
  const payload = payloadOf(row);
  const fields = fieldNames.map((name) => payload[name]);
  const flat = fields.map((value) => (Array.isArray(value) ? value.join(" ") : value));
  return [event_id, event_type, timestamp, utc_offset_min, session.id, session.sequence, source.channel, ...flat];
}

const csvOptions = { escape_formulas: true, cast: { boolean: (value: boolean) => String(value) } };

const formats: Readonly<Record<ExportFormat, Format>> = {
  json: { begin: "[\n", between: ",\n", end: "\n]\n", row: (row) => JSON.stringify(envelopeOf(row)) },
  jsonl: { begin: "", between: "", end: "", row: (row) => `${JSON.stringify(envelopeOf(row))}\n` },
  csv: {
    begin: stringify([[...csvColumns, ...fieldNames]]),
    between: "",
    end: "",
    row: (row) => stringify([csvCells(row)], csvOptions),
  },
};

/** Exports everything. @throws the file system's error, leaving an existing file as it was. */
export function exportTo(
  connection: Connection | undefined,
  path: string,
  format: ExportFormat = "json",
): { events: number; sizeBytes: number } {
  const unfinished = `${path}.unfinished`;
  const file = openSync(unfinished, "w", 0o600);
  let events = 0;
  try {
    try {
      events = writeAll(file, connection === undefined ? [] : readEvents(connection), formats[format]);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
  return { events, sizeBytes: statSync(path).size };
}

/** Writes the rows and returns how many there were; never more than a chunk is in memory. */
function writeAll(file: number, rows: Iterable<Row>, { begin, between, end, row: text }: Format): number {
  let events = 0;
  let chunk = begin;
  for (const row of rows) {
    chunk += (events === 0 ? "" : between) + text(row);
    events += 1;
    if (chunk.length >= chunkLength) {
      // Writes all of it or throws, unlike `writeSync`.
      writeFileSync(file, chunk);
      chunk = "";
    }
  }
  writeFileSync(file, chunk + end);
  return events;
}
