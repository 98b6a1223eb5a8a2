/**
 * Writes everything that is stored to a file, each event in the envelope of the analytics design, section 3.1 (with
 * `runtime_version` for `rust_version`). The file appears whole or not at all.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { eventTypeNames } from "../../shared/events.ts";
import type { Connection, Row } from "./driver.ts";
import { columnsOf, readEvents } from "./events.ts";

/** Bytes gathered before each write. */
const chunkLength = 65_536;

/** The public form of a stored event. */
export function envelopeOf(row: Row) {
  const type = eventTypeNames.find((name) => name === row["event_type"]);
  const fields = type === undefined ? [] : columnsOf(type);
  return {
    schema_version: "1.0.0",
    event_id: row["event_id"],
    event_type: row["event_type"],
    timestamp: new Date(Number(row["ts"])).toISOString(),
    utc_offset_min: row["utc_offset_min"],
    source: {
      product: row["product"],
      version: row["version"],
      tier: "oss",
      os: row["os"],
      arch: row["arch"],
      runtime_version: row["runtime_version"],
      channel: row["source"],
    },
    session: {
      id: row["session_id"],
      sequence: row["seq"],
      started_at: new Date(Number(row["started_at"])).toISOString(),
    },
    payload: Object.fromEntries(fields.filter((name) => row[name] !== null).map((name) => [name, row[name]])),
  };
}

/** Exports as one JSON array. @throws the file system's error, leaving an existing file as it was. */
export function exportJson(connection: Connection | undefined, path: string): { events: number; sizeBytes: number } {
  const unfinished = `${path}.unfinished`;
  const file = openSync(unfinished, "w", 0o600);
  let events = 0;
  try {
    let chunk = "[";
    for (const row of connection === undefined ? [] : readEvents(connection)) {
      chunk += `${events === 0 ? "\n" : ",\n"}${JSON.stringify(envelopeOf(row))}`;
      events += 1;
      if (chunk.length >= chunkLength) {
        writeSync(file, chunk);
        chunk = "";
      }
    }
    writeSync(file, `${chunk}\n]\n`);
    fsyncSync(file);
  } catch (error) {
    closeSync(file);
    rmSync(unfinished, { force: true });
    throw error;
  }
  closeSync(file);
  renameSync(unfinished, path);
  return { events, sizeBytes: statSync(path).size };
}
