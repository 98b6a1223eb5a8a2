/** OTLP/HTTP with JSON (OpenTelemetry protocol 1.x, `ExportLogsServiceRequest` and its siblings; numbers of 64 bits are texts). */
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
    throw new MalformedError("no JSON");
  }
  if (typeof request !== "object" || request === null || Array.isArray(request)) throw new MalformedError("no object");
  const [resources, scopes, items] = names[signal];
  const tellings = new OtlpRecords();
  for (const resource of list(Reflect.get(request, resources))) {
    const common = attributesOf(object(resource["resource"])["attributes"]);
    for (const scope of list(resource[scopes])) {
      for (const item of list(scope[items])) for (const telling of readers[signal](item, common)) tellings.add(telling);
    }
  }
  return tellings.all;
}

/** Where resources, scopes and what they tell stand. */
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

/** Sums of what was added; those that grow for ever say nothing without the one before, and are passed over. */
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

function attributesOf(given: unknown): Attributes {
  const kept: Record<string, string> = {};
  for (const { key, value } of list(given)) {
    const { stringValue, intValue, doubleValue, boolValue } = object(value);
    const decoded = allowedValue(key, stringValue ?? intValue ?? doubleValue ?? boolValue);
    if (decoded !== undefined) kept[key as string] = decoded;
  }
  return kept;
}

/** Nanoseconds since 1970, as a text of digits; 0 of anything else. */
function milliseconds(nanoseconds: unknown): number {
  const text = typeof nanoseconds === "string" || typeof nanoseconds === "number" ? `${nanoseconds}` : "";
  return /^\d{1,20}$/.test(text) ? Math.round(Number(text) / 1_000_000) : 0;
}

const hexOf = (id: unknown): string => (typeof id === "string" ? id.toLowerCase() : "");

const object = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : {});
const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(object) : []);
