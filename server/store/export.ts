/**
 * Writes everything that is stored to a file, each event in the envelope of the analytics design, section 3.1 (with
 * `runtime_version` for `rust_version`). The file appears whole or not at all.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { eventTypeNames } from "../../shared/events.ts";
import { nested } from "../../shared/payload-layout.ts";
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

/** Exports as one JSON array. @throws the file system's error, leaving an existing file as it was. */
export function exportJson(connection: Connection | undefined, path: string): { events: number; sizeBytes: number } {
  const unfinished = `${path}.unfinished`;
  const file = openSync(unfinished, "w", 0o600);
  let events = 0;
  try {
    try {
      events = writeAll(file, connection === undefined ? [] : readEvents(connection));
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

/** Writes the rows as one JSON array and returns how many there were. */
function writeAll(file: number, rows: Iterable<Row>): number {
  let events = 0;
  let chunk = "[";
  for (const row of rows) {
    chunk += `${events === 0 ? "\n" : ",\n"}${JSON.stringify(envelopeOf(row))}`;
    events += 1;
    if (chunk.length >= chunkLength) {
      // Writes all of it or throws, unlike `writeSync`.
      writeFileSync(file, chunk);
      chunk = "";
    }
  }
  writeFileSync(file, `${chunk}\n]\n`);
  return events;
}
