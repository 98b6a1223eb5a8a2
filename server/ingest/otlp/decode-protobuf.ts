/**
 * OTLP/HTTP with protobuf (OpenTelemetry protocol 1.x; field numbers from `opentelemetry/proto/{logs,trace,metrics,common}/v1`).
 * Fields that are not named here are skipped without being decoded.
 */
import Pbf from "pbf";
import { allowedName, allowedValue, MalformedError, type OtlpRecord, OtlpRecords, type Signal } from "./otlp-record.ts";

/** Reads the fields of a message that lies in front, by their numbers. */
type Fields = Readonly<Record<number, (pbf: Pbf) => void>>;

/** @throws MalformedError */
export function decodeProtobuf(signal: Signal, body: Buffer): readonly OtlpRecord[] {
  const tellings = new OtlpRecords();
  try {
    // A copy: of a part of a larger buffer the library reads numbers at another place.
    const pbf = new Pbf(new Uint8Array(body));
    read(pbf, { 1: (inner) => resourceOf(signal, inner, tellings) }, body.length);
  } catch {
    // Whatever the reader stumbles over, its message may quote it.
    throw new MalformedError("no protobuf");
  }
  return tellings.all;
}

function read(pbf: Pbf, fields: Fields, end: number): void {
  while (pbf.pos < end) {
    const tag = pbf.readVarint();
    const field = fields[tag >> 3];
    const start = pbf.pos;
    // Whoever reads nothing has another kind of field before it.
    pbf.type = tag & 7;
    field?.(pbf);
    if (field === undefined || pbf.pos === start) pbf.skip(tag);
    if (pbf.pos > end) throw new MalformedError("cut");
  }
}

/** A message within a message. */
function message(pbf: Pbf, fields: Fields): void {
  if (pbf.type !== 2) return;
  const end = pbf.readVarint() + pbf.pos;
  if (end > pbf.length) throw new MalformedError("cut");
  read(pbf, fields, end);
}

type OfScope = (pbf: Pbf, tellings: OtlpRecords) => void;

/** The resource, and in it the scopes; the program's own attributes may stand behind. */
function resourceOf(signal: Signal, pbf: Pbf, tellings: OtlpRecords): void {
  const common: Record<string, string> = {};
  const found = new OtlpRecords();
  message(pbf, {
    1: (resource) => message(resource, { 1: (pair) => attribute(pair, common) }),
    2: (scope) => message(scope, { 2: (inner) => ofSignal[signal](inner, found) }),
  });
  for (const telling of found.all) tellings.add({ ...telling, attributes: { ...common, ...telling.attributes } });
}

const ofSignal: Readonly<Record<Signal, OfScope>> = {
  logs: (pbf, tellings) => {
    const attributes: Record<string, string> = {};
    let [time, observed, name, body] = [0, 0, "", ""];
    message(pbf, {
      1: (own) => {
        time = milliseconds(own);
      },
      5: (own) => {
        body = allowedName(anyValue(own));
      },
      6: (own) => attribute(own, attributes),
      11: (own) => {
        observed = milliseconds(own);
      },
      12: (own) => {
        name = allowedName(text(own));
      },
    });
    tellings.add({ signal: "logs", name: name || body, tsMs: time || observed, attributes });
  },
  traces: (pbf, tellings) => {
    const attributes: Record<string, string> = {};
    let [start, end, name, failed, span] = [0, 0, "", false, ""];
    message(pbf, {
      2: (own) => {
        if (own.type === 2) span = Buffer.from(own.readBytes()).toString("hex");
      },
      5: (own) => {
        name = allowedName(text(own));
      },
      7: (own) => {
        start = milliseconds(own);
      },
      8: (own) => {
        end = milliseconds(own);
      },
      9: (own) => attribute(own, attributes),
      15: (own) =>
        message(own, {
          3: (code) => {
            failed = code.readVarint() === 2;
          },
        }),
    });
    const id = /^[0-9a-f]{16}$/.test(span) ? { span } : {};
    tellings.add({
      signal: "traces",
      name,
      tsMs: end,
      ...id,
      durationMs: Math.max(0, end - start),
      failed,
      attributes,
    });
  },
  metrics: (pbf, tellings) => {
    let name = "";
    let delta = false;
    const points: Omit<OtlpRecord, "name">[] = [];
    message(pbf, {
      1: (own) => {
        name = allowedName(text(own));
      },
      7: (sum) =>
        message(sum, {
          1: (point) => points.push(pointOf(point)),
          2: (own) => {
            delta = own.readVarint() === 1;
          },
        }),
    });
    if (delta) for (const point of points) tellings.add({ ...point, name });
  },
};

function pointOf(pbf: Pbf): Omit<OtlpRecord, "name"> {
  const attributes: Record<string, string> = {};
  let [tsMs, added] = [0, 0];
  message(pbf, {
    3: (own) => {
      tsMs = milliseconds(own);
    },
    4: (own) => {
      added = own.readDouble();
    },
    6: (own) => {
      added = own.readSFixed64();
    },
    7: (own) => attribute(own, attributes),
  });
  return { signal: "metrics", tsMs, added, attributes };
}

function attribute(pbf: Pbf, into: Record<string, string>): void {
  let key = "";
  let value: unknown;
  message(pbf, {
    1: (own) => {
      key = text(own) ?? "";
    },
    2: (own) => {
      value = anyValue(own);
    },
  });
  const kept = allowedValue(key, value);
  if (kept !== undefined) into[key] = kept;
}

function anyValue(pbf: Pbf): unknown {
  let value: unknown;
  message(pbf, {
    1: (own) => {
      value = text(own);
    },
    2: (own) => {
      value = own.readBoolean();
    },
    3: (own) => {
      value = own.readVarint(true);
    },
    4: (own) => {
      value = own.readDouble();
    },
  });
  return value;
}

/** A text that could be kept; a longer one is skipped. */
function text(pbf: Pbf): string | undefined {
  if (pbf.type !== 2) return undefined;
  const length = pbf.readVarint();
  const end = pbf.pos + length;
  if (end > pbf.length) throw new MalformedError("cut");
  const kept =
    length <= maxTextBytes
      ? Buffer.from(pbf.buf.buffer, pbf.buf.byteOffset + pbf.pos, length).toString("utf8")
      : undefined;
  pbf.pos = end;
  return kept;
}

const maxTextBytes = 128;

/** Nanoseconds since 1970 as a number of 64 bits. */
const milliseconds = (pbf: Pbf): number => Math.round(pbf.readFixed64() / 1_000_000);
