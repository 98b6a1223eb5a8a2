/**
 * Exports events: JSON and JSON Lines use the envelope of the analytics design, section 3.1 (with
 * `runtime_version` for `rust_version`); CSV (RFC 4180) is flat. Never leaves an incomplete file.
 */

import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { stringify } from "csv-stringify/sync";
import type { ExportFormat } from "../../shared/protocol/worker.ts";
import { fieldNames } from "../../shared/schema/fields.ts";
import { nested } from "../../shared/schema/payload-layout.ts";
import { temporaryName } from "../files/atomic-write.ts";
import type { StoredEvent } from "./events/read.ts";

/** Returns the public form of a stored event. */
export function envelopeOf({ id, type, source, seq, tsMs, utcOffsetMin, session, payload }: StoredEvent) {
  const { product, version, os, arch, runtimeVersion } = session;
  return {
    schema_version: "1.0.0",
    event_id: id,
    event_type: type,
    timestamp: new Date(tsMs).toISOString(),
    utc_offset_min: utcOffsetMin,
    source: { product, version, tier: "oss", os, arch, runtime_version: runtimeVersion, channel: source },
    session: { id: session.id, sequence: seq, started_at: new Date(session.startedMs).toISOString() },
    payload: nested(type, payload),
  };
}

interface Format {
  readonly begin: string;
  readonly between: string;
  readonly end: string;
  readonly row: (event: StoredEvent) => string;
}

/** Envelope columns of a CSV file, followed by one column per field. */
const csvColumns = [
  "event_id",
  "event_type",
  "timestamp",
  "utc_offset_min",
  "session_id",
  "sequence",
  "channel",
] as const;

function csvCells({ id, type, source, seq, tsMs, utcOffsetMin, session, payload }: StoredEvent): readonly unknown[] {
  const flat = fieldNames.map((name) => payload[name]).map((value) => (Array.isArray(value) ? value.join(" ") : value));
  return [id, type, new Date(tsMs).toISOString(), utcOffsetMin, session.id, seq, source, ...flat];
}

const csvOptions = { escape_formulas: true, cast: { boolean: (value: boolean) => String(value) } };

const formats: Readonly<Record<ExportFormat, Format>> = {
  json: { begin: "[\n", between: ",\n", end: "\n]\n", row: (event) => JSON.stringify(envelopeOf(event)) },
  jsonl: { begin: "", between: "", end: "", row: (event) => `${JSON.stringify(envelopeOf(event))}\n` },
  csv: {
    begin: stringify([[...csvColumns, ...fieldNames]]),
    between: "",
    end: "",
    row: (event) => stringify([csvCells(event)], csvOptions),
  },
};

/** Characters per write. */
const chunkLength = 16_384;
const encoder = new TextEncoder();

/** Writes to a temporary file, which is renamed when it is complete. */
export class ExportFile {
  readonly #path: string;
  readonly #temporary: string;
  readonly #format: Format;
  readonly #file: number;
  readonly #buffer = new Uint8Array(4 * chunkLength);
  #events = 0;
  #isOpen = true;

  /** @throws the file system's error. */
  constructor(path: string, format: ExportFormat) {
    this.#path = path;
    this.#temporary = temporaryName(path);
    this.#format = formats[format];
    this.#file = openSync(this.#temporary, "wx", 0o600);
    this.#write(this.#format.begin);
  }

  get events(): number {
    return this.#events;
  }

  /** @throws the file system's error. */
  add(events: readonly StoredEvent[]): void {
    const { between, row } = this.#format;
    let chunk = "";
    for (const event of events) {
      chunk += (this.#events === 0 ? "" : between) + row(event);
      this.#events += 1;
      if (chunk.length < chunkLength) continue;
      this.#write(chunk);
      chunk = "";
    }
    this.#write(chunk);
  }

  /** Replaces the target file. @throws the file system's error; an existing file is unchanged. */
  finish(): { readonly events: number; readonly sizeBytes: number } {
    this.#write(this.#format.end);
    fsyncSync(this.#file);
    const sizeBytes = statSync(this.#temporary).size;
    renameSync(this.#temporary, this.#path);
    this.#close();
    return { events: this.#events, sizeBytes };
  }

  /** Deletes the temporary file. */
  abandon(): void {
    this.#close();
    rmSync(this.#temporary, { force: true });
  }

  #close(): void {
    if (this.#isOpen) closeSync(this.#file);
    this.#isOpen = false;
  }

  /** Reuses one buffer: a new one per write would accumulate megabytes. */
  #write(text: string): void {
    for (let from = 0; from < text.length; ) {
      const { read, written } = encoder.encodeInto(from === 0 ? text : text.slice(from), this.#buffer);
      for (let done = 0; done < written; ) done += writeSync(this.#file, this.#buffer, done, written - done);
      from += read;
    }
  }
}
