/**
 * Decodes OTLP/HTTP protobuf (OTLP 1.x; field numbers from
 * `opentelemetry/proto/{logs,trace,metrics,common}/v1`). Other fields are skipped, never decoded.
 */
import Pbf from "pbf";
import {
  allowedName,
  allowedValue,
  MalformedError,
  NamedRecords,
  type OtlpRecord,
  OtlpRecords,
  type RecordSink,
  type Signal,
} from "./otlp-record.ts";

/** Reads the fields of a message, by field number. */
type Fields = Readonly<Record<number, (pbf: Pbf) => void>>;

/** @throws MalformedError */
export function decodeProtobuf(signal: Signal, body: Buffer): readonly OtlpRecord[] {
  const records = new OtlpRecords();
  try {
    // Copied, because the library reads numbers at the wrong offset in a slice of a larger buffer.
    const pbf = new Pbf(new Uint8Array(body));
    read(pbf, { 1: (inner) => resourceOf(signal, inner, records) }, body.length);
  } catch {
    // The library's error message may quote the data.
    throw new MalformedError("invalid protobuf");
  }
  return records.all;
}

function read(pbf: Pbf, fields: Fields, end: number): void {
  while (pbf.pos < end) {
    const tag = pbf.readVarint();
    const field = fields[tag >> 3];
    const start = pbf.pos;
    // A reader that consumes nothing found another wire type: the field is skipped.
    pbf.type = tag & 7;
    field?.(pbf);
    if (field === undefined || pbf.pos === start) pbf.skip(tag);
    if (pbf.pos > end) throw new MalformedError("truncated");
  }
}

/** Reads a nested message. */
function message(pbf: Pbf, fields: Fields): void {
  if (pbf.type !== 2) return;
  const end = pbf.readVarint() + pbf.pos;
  if (end > pbf.length) throw new MalformedError("truncated");
  read(pbf, fields, end);
}

type OfScope = (pbf: Pbf, records: RecordSink) => void;

/** Reads a resource and its scopes. The resource's attributes may follow the scopes. */
function resourceOf(signal: Signal, pbf: Pbf, records: OtlpRecords): void {
  const common: Record<string, string> = {};
  const found = new NamedRecords();
  message(pbf, {
    1: (resource) => message(resource, { 1: (pair) => attribute(pair, common) }),
    2: (scope) => message(scope, { 2: (inner) => ofSignal[signal](inner, found) }),
  });
  for (const record of found.all) records.add({ ...record, attributes: { ...common, ...record.attributes } });
}

const ofSignal: Readonly<Record<Signal, OfScope>> = {
  logs: (pbf, records) => {
    const attributes: Record<string, string> = {};
    let [time, observed, name, body] = [0, 0, "", ""];
    message(pbf, {
      1: (field) => {
        time = milliseconds(field);
      },
      5: (field) => {
        body = allowedName(anyValue(field));
      },
      6: (field) => attribute(field, attributes),
      11: (field) => {
        observed = milliseconds(field);
      },
      12: (field) => {
        name = allowedName(text(field));
      },
    });
    records.add({ signal: "logs", name: name || body, tsMs: time || observed, attributes });
  },
  traces: (pbf, records) => {
    const attributes: Record<string, string> = {};
    let [start, end, name, failed, span] = [0, 0, "", false, ""];
    message(pbf, {
      2: (field) => {
        if (field.type === 2) span = Buffer.from(field.readBytes()).toString("hex");
      },
      5: (field) => {
        name = allowedName(text(field));
      },
      7: (field) => {
        start = milliseconds(field);
      },
      8: (field) => {
        end = milliseconds(field);
      },
      9: (field) => attribute(field, attributes),
      15: (field) =>
        message(field, {
          3: (code) => {
            failed = code.readVarint() === 2;
          },
        }),
    });
    const id = /^[0-9a-f]{16}$/.test(span) ? { span } : {};
    records.add({
      signal: "traces",
      name,
      tsMs: end,
      ...id,
      durationMs: Math.max(0, end - start),
      failed,
      attributes,
    });
  },
  metrics: (pbf, records) => {
    let name = "";
    let delta = false;
    const points: Omit<OtlpRecord, "name">[] = [];
    message(pbf, {
      1: (field) => {
        name = allowedName(text(field));
      },
      7: (sum) =>
        message(sum, {
          1: (point) => points.push(pointOf(point)),
          2: (field) => {
            delta = field.readVarint() === 1;
          },
        }),
    });
    if (delta) for (const point of points) records.add({ ...point, name });
  },
};

function pointOf(pbf: Pbf): Omit<OtlpRecord, "name"> {
  const attributes: Record<string, string> = {};
  let [tsMs, added] = [0, 0];
  message(pbf, {
    3: (field) => {
      tsMs = milliseconds(field);
    },
    4: (field) => {
      added = field.readDouble();
    },
    6: (field) => {
      added = field.readSFixed64();
    },
    7: (field) => attribute(field, attributes),
  });
  return { signal: "metrics", tsMs, added, attributes };
}

function attribute(pbf: Pbf, into: Record<string, string>): void {
  let key = "";
  let value: unknown;
  message(pbf, {
    1: (field) => {
      key = text(field) ?? "";
    },
    2: (field) => {
      value = anyValue(field);
    },
  });
  const decoded = allowedValue(key, value);
  if (decoded !== undefined) into[key] = decoded;
}

function anyValue(pbf: Pbf): unknown {
  let value: unknown;
  message(pbf, {
    1: (field) => {
      value = text(field);
    },
    2: (field) => {
      value = field.readBoolean();
    },
    3: (field) => {
      value = field.readVarint(true);
    },
    4: (field) => {
      value = field.readDouble();
    },
  });
  return value;
}

/** Reads a string; returns `undefined` for one that is too long to be kept. */
function text(pbf: Pbf): string | undefined {
  if (pbf.type !== 2) return undefined;
  const length = pbf.readVarint();
  const end = pbf.pos + length;
  if (end > pbf.length) throw new MalformedError("truncated");
  const value =
    length <= maxTextBytes
      ? Buffer.from(pbf.buf.buffer, pbf.buf.byteOffset + pbf.pos, length).toString("utf8")
      : undefined;
  pbf.pos = end;
  return value;
}

const maxTextBytes = 128;

/** Reads nanoseconds since 1970 (fixed64) as milliseconds. */
const milliseconds = (pbf: Pbf): number => Math.round(pbf.readFixed64() / 1_000_000);
