/**
 * Decodes OTLP/HTTP JSON (OTLP 1.x, `ExportLogsServiceRequest` and siblings; 64-bit integers are
 * strings).
 */
import {
  type Attributes,
  allowedName,
  allowedValue,
  MalformedError,
  type OtlpRecord,
  OtlpRecords,
  type Signal,
} from "./otlp-record.ts";

type Json = Readonly<Record<string, unknown>>;

/** @throws MalformedError */
export function decodeJson(signal: Signal, body: Buffer): readonly OtlpRecord[] {
  let request: unknown;
  try {
    request = JSON.parse(body.toString("utf8"));
  } catch {
    throw new MalformedError("invalid JSON");
  }
  if (typeof request !== "object" || request === null || Array.isArray(request))
    throw new MalformedError("not an object");
  const [resources, scopes, items] = names[signal];
  const records = new OtlpRecords();
  for (const resource of list(Reflect.get(request, resources))) {
    const common = attributesOf(object(resource["resource"])["attributes"]);
    for (const scope of list(resource[scopes])) {
      for (const item of list(scope[items])) for (const record of readers[signal](item, common)) records.add(record);
    }
  }
  return records.all;
}

/** Keys of the resources, scopes and items of each signal. */
const names: Readonly<Record<Signal, readonly [string, string, string]>> = {
  logs: ["resourceLogs", "scopeLogs", "logRecords"],
  traces: ["resourceSpans", "scopeSpans", "spans"],
  metrics: ["resourceMetrics", "scopeMetrics", "metrics"],
};

const readers: Readonly<Record<Signal, (item: Json, common: Attributes) => readonly OtlpRecord[]>> = {
  logs: (log, common) => [logOf(log, common)],
  traces: (span, common) => [spanOf(span, common)],
  metrics: sumsOf,
};

function logOf(log: Json, common: Attributes): OtlpRecord {
  const attributes = { ...common, ...attributesOf(log["attributes"]) };
  const body = allowedName(object(log["body"])["stringValue"]);
  const name = allowedName(log["eventName"]) || body;
  const tsMs = milliseconds(log["timeUnixNano"]) || milliseconds(log["observedTimeUnixNano"]);
  return { signal: "logs", name, tsMs, attributes };
}

function spanOf(span: Json, common: Attributes): OtlpRecord {
  const tsMs = milliseconds(span["endTimeUnixNano"]);
  return {
    signal: "traces",
    name: allowedName(span["name"]),
    tsMs,
    ...(/^[0-9a-f]{16}$/.test(hexOf(span["spanId"])) ? { span: hexOf(span["spanId"]) } : {}),
    durationMs: Math.max(0, tsMs - milliseconds(span["startTimeUnixNano"])),
    failed: Number(object(span["status"])["code"]) === 2 || object(span["status"])["code"] === "STATUS_CODE_ERROR",
    attributes: { ...common, ...attributesOf(span["attributes"]) },
  };
}

/** Returns the points of delta sums. Cumulative sums need the previous value and are ignored. */
function sumsOf(metric: Json, common: Attributes): OtlpRecord[] {
  const sum = object(metric["sum"]);
  const temporality = sum["aggregationTemporality"];
  if (temporality !== 1 && temporality !== "AGGREGATION_TEMPORALITY_DELTA") return [];
  return list(sum["dataPoints"]).map((point) => ({
    signal: "metrics",
    name: allowedName(metric["name"]),
    tsMs: milliseconds(point["timeUnixNano"]),
    added: Number(point["asInt"] ?? point["asDouble"] ?? 0),
    attributes: { ...common, ...attributesOf(point["attributes"]) },
  }));
}

function attributesOf(pairs: unknown): Attributes {
  const attributes: Record<string, string> = {};
  for (const { key, value } of list(pairs)) {
    const { stringValue, intValue, doubleValue, boolValue } = object(value);
    const decoded = allowedValue(key, stringValue ?? intValue ?? doubleValue ?? boolValue);
    if (decoded !== undefined) attributes[key as string] = decoded;
  }
  return attributes;
}

/** Converts nanoseconds since 1970, a string of digits; returns 0 for anything else. */
function milliseconds(nanoseconds: unknown): number {
  const text = typeof nanoseconds === "string" || typeof nanoseconds === "number" ? `${nanoseconds}` : "";
  return /^\d{1,20}$/.test(text) ? Math.round(Number(text) / 1_000_000) : 0;
}

const hexOf = (id: unknown): string => (typeof id === "string" ? id.toLowerCase() : "");

const object = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : {});
const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(object) : []);
